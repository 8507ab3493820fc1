extension Schema {
  /// What a delivery carries, and in which lane it waits, is known to `Storage` alone: a `CHECK` that lists the kinds would have to
  /// be widened by a migration for each new action, and SQLite can only do that by making the table anew. An unknown kind is an
  /// error where its row is read.
  static let anyKind = """
    CREATE TABLE deliveries_of_any_kind (
      sequence INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      event_id TEXT NOT NULL REFERENCES events (id),
      run_id TEXT NOT NULL,
      rule TEXT NOT NULL,
      action TEXT NOT NULL DEFAULT '',
      destination TEXT NOT NULL,
      lane TEXT,
      kind TEXT NOT NULL,
      timeout INTEGER,
      retry_for INTEGER,
      status TEXT NOT NULL CHECK (status IN ('pending', 'claimed', 'delivered', 'dead')),
      attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
      next_attempt_at INTEGER CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
      claimed_at INTEGER CHECK ((status = 'claimed') = (claimed_at IS NOT NULL)),
      created_at INTEGER NOT NULL,
      settled_at INTEGER CHECK ((status IN ('delivered', 'dead')) = (settled_at IS NOT NULL)),
      reason TEXT CHECK (status != 'dead' OR reason IS NOT NULL),
      defers INTEGER NOT NULL DEFAULT 0 CHECK (defers IN (0, 1)),
      retry_from INTEGER,
      attempts_before INTEGER NOT NULL DEFAULT 0,
      waits INTEGER NOT NULL DEFAULT 0 CHECK (waits = 0 OR (waits = 1 AND status = 'pending')),
      parent TEXT,
      branch TEXT CHECK ((parent IS NULL) = (branch IS NULL) AND branch IN ('then', 'onFailure')),
      is_once INTEGER NOT NULL DEFAULT 0 CHECK (is_once IN (0, 1)),
      continues INTEGER NOT NULL DEFAULT 0 CHECK (continues IN (0, 1)),
      delay TEXT CHECK (delay IN ('backoff', 'quiet')),
      form TEXT,
      is_standard INTEGER NOT NULL DEFAULT 0 CHECK (is_standard IN (0, 1))
    ) STRICT;
    INSERT INTO deliveries_of_any_kind
      (sequence, id, event_id, run_id, rule, action, destination, lane, kind, timeout, retry_for, status, attempts,
       next_attempt_at, claimed_at, created_at, settled_at, reason, defers, retry_from, attempts_before, waits, parent,
       branch, is_once, continues, delay, form, is_standard)
      SELECT sequence, id, event_id, run_id, rule, action, destination, lane, kind, timeout, retry_for, status, attempts,
        next_attempt_at, claimed_at, created_at, settled_at, reason, defers, retry_from, attempts_before, waits, parent,
        branch, is_once, continues, delay, form, is_standard
      FROM deliveries ORDER BY sequence;
    DROP TABLE deliveries;
    ALTER TABLE deliveries_of_any_kind RENAME TO deliveries;

    CREATE INDEX deliveries_due ON deliveries (destination, next_attempt_at) WHERE status = 'pending' AND waits = 0;
    CREATE INDEX deliveries_waiting ON deliveries (destination) WHERE status = 'pending' AND waits = 1;
    CREATE INDEX deliveries_unsettled ON deliveries (run_id, destination, sequence)
      WHERE status IN ('pending', 'claimed');
    CREATE INDEX deliveries_of_run ON deliveries (run_id);
    CREATE TRIGGER deliveries_wait AFTER INSERT ON deliveries WHEN EXISTS (
      SELECT 1 FROM deliveries earlier
      WHERE earlier.run_id = new.run_id AND earlier.destination = new.destination
        AND earlier.sequence < new.sequence AND earlier.event_id != new.event_id
        AND earlier.status IN ('pending', 'claimed'))
    BEGIN
      UPDATE deliveries SET waits = 1 WHERE sequence = new.sequence;
    END;

    CREATE TABLE probe_requests_of_any_lane (
      destination TEXT PRIMARY KEY,
      requested_at INTEGER NOT NULL,
      lane TEXT
    ) STRICT, WITHOUT ROWID;
    INSERT INTO probe_requests_of_any_lane (destination, requested_at, lane)
      SELECT destination, requested_at, lane FROM probe_requests;
    DROP TABLE probe_requests;
    ALTER TABLE probe_requests_of_any_lane RENAME TO probe_requests;
    """
}
