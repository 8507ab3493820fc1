extension Schema {
  /// - `silences`: rules and destinations as JSON lists, sorted; an empty one: all.
  /// - `held_back`: what was not sent; there is no delivery of it.
  /// - `cooldowns`: until when a rule doesn't fire again for a key, and how many events it has not told of since it did.
  static let silences = """
    CREATE TABLE silences (
      id TEXT PRIMARY KEY,
      created_at INTEGER NOT NULL,
      until INTEGER NOT NULL,
      reason TEXT NOT NULL,
      rules TEXT NOT NULL,
      destinations TEXT NOT NULL,
      pattern BLOB,
      ended_at INTEGER
    ) STRICT;

    CREATE TABLE held_back (
      sequence INTEGER PRIMARY KEY,
      event_id TEXT NOT NULL REFERENCES events (id),
      run_id TEXT NOT NULL,
      rule TEXT NOT NULL,
      action TEXT NOT NULL,
      destination TEXT NOT NULL,
      reason TEXT NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX held_back_of_run ON held_back (run_id);
    CREATE INDEX held_back_by_time ON held_back (at);

    CREATE TABLE cooldowns (
      rule TEXT NOT NULL,
      key TEXT NOT NULL,
      until INTEGER NOT NULL,
      held INTEGER NOT NULL CHECK (held >= 0),
      PRIMARY KEY (rule, key)
    ) STRICT, WITHOUT ROWID;
    """
}
