extension Schema {
  /// What is needed when the rules file changes under deliveries that wait.
  ///
  /// - `form`: the type of destination that a rendered body was made for, and `is_standard` whether it can be made anew from
  ///   the event, for another type.
  /// - `known_names`: the destinations and rules of the last start of a watcher, for those who look into the state.
  static let forms = """
    ALTER TABLE deliveries ADD COLUMN form TEXT;
    ALTER TABLE deliveries ADD COLUMN is_standard INTEGER NOT NULL DEFAULT 0 CHECK (is_standard IN (0, 1));

    CREATE TABLE known_names (
      kind TEXT NOT NULL CHECK (kind IN ('destination', 'rule')),
      name TEXT NOT NULL,
      type TEXT CHECK ((kind = 'destination') = (type IS NOT NULL)),
      PRIMARY KEY (kind, name)
    ) STRICT, WITHOUT ROWID;
    """
}
