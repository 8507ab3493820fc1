extension Schema {
  /// When what waits may go, told apart by why it waits, and the clock by which its moments were written.
  ///
  /// - `delay`: why `next_attempt_at` was put off. A back-off ends with the first success at the destination, quiet hours don't.
  /// - `probe_requests`: destinations that somebody wants to be probed now.
  /// - `clock`: one row: which start of the machine, its uptime, and the time by which moments are written here, all in
  ///   milliseconds and of the same moment. `source_ahead`: how far the API's clock was ahead of that; NULL: not known. A state
  ///   that has none begins with the newest moment that it knows, and an unknown start.
  /// - `clock_steps`: the clock was set: at what it showed afterwards, and by how much.
  static let clock = """
    ALTER TABLE deliveries ADD COLUMN delay TEXT CHECK (delay IN ('backoff', 'quiet'));
    UPDATE deliveries SET delay = iif(defers, 'quiet', 'backoff')
      WHERE status = 'pending' AND (defers = 1 OR attempts > attempts_before);

    CREATE TABLE probe_requests (
      destination TEXT PRIMARY KEY,
      requested_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE clock (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      boot TEXT NOT NULL,
      uptime INTEGER NOT NULL,
      wall INTEGER NOT NULL,
      source_ahead INTEGER
    ) STRICT;
    INSERT INTO clock SELECT 1, '', 0, max(moment), NULL FROM (
      SELECT max(created_at) AS moment FROM deliveries UNION ALL SELECT max(settled_at) FROM deliveries
      UNION ALL SELECT max(seen_at) FROM events UNION ALL SELECT max(changed_at) FROM runs)
      HAVING max(moment) IS NOT NULL;
    CREATE TABLE clock_steps (
      sequence INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      by INTEGER NOT NULL
    ) STRICT;
    """
}
