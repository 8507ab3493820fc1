extension Schema {
  /// The last sign of life of a watcher, as `Heartbeat` writes it: one row, replaced at most every ten seconds.
  static let heartbeat = """
    CREATE TABLE heartbeat (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      beat BLOB NOT NULL
    ) STRICT;
    """
}
