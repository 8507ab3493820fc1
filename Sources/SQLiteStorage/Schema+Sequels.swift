extension Schema {
  /// Messages that continue others.
  ///
  /// - `updates`, `thread`: of a delivery, see `Sequel`.
  /// - `rank`: of a step that comes after another, the sequence of the first of its chain; NULL: its own.
  /// - `posted`: what was posted, by a key that the dispatcher makes, with the name that its service gave it.
  static let sequels = """
    ALTER TABLE deliveries ADD COLUMN updates INTEGER NOT NULL DEFAULT 0 CHECK (updates IN (0, 1));
    ALTER TABLE deliveries ADD COLUMN thread TEXT;
    ALTER TABLE deliveries ADD COLUMN rank INTEGER;

    CREATE TABLE posted (
      key TEXT PRIMARY KEY,
      reference BLOB NOT NULL,
      rank INTEGER NOT NULL,
      used_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX posted_by_time ON posted (used_at);
    """
}
