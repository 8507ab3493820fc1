extension Schema {
  /// What holds whole destinations back, and an outbox that costs the same however much waits in it.
  ///
  /// - `waits`: an earlier event of the run is still on its way to this destination. It is worked out when something is put in
  ///   and when something ends, so that looking for what is due never walks over what may not go yet.
  /// - One index over what is due, by destination; the earliest of all is found from destination to destination.
  /// - Attempts belong to a delivery's sequence and not to its id, which is random: they are written side by side.
  static let destinations = """
    CREATE TABLE destinations (
      name TEXT PRIMARY KEY,
      fingerprint TEXT NOT NULL,
      stopped_at INTEGER,
      stopped_reason TEXT CHECK ((stopped_at IS NULL) = (stopped_reason IS NULL)),
      hold_until INTEGER,
      failures INTEGER NOT NULL CHECK (failures >= 0),
      next_probe_at INTEGER CHECK (next_probe_at IS NULL OR failures > 0)
    ) STRICT, WITHOUT ROWID;

    ALTER TABLE deliveries ADD COLUMN
      waits INTEGER NOT NULL DEFAULT 0 CHECK (waits = 0 OR (waits = 1 AND status = 'pending'));
    UPDATE deliveries SET waits = 1 WHERE status = 'pending' AND EXISTS (
      SELECT 1 FROM deliveries earlier
      WHERE earlier.run_id = deliveries.run_id AND earlier.destination = deliveries.destination
        AND earlier.sequence < deliveries.sequence AND earlier.event_id != deliveries.event_id
        AND earlier.status IN ('pending', 'claimed'));
    CREATE TRIGGER deliveries_wait AFTER INSERT ON deliveries WHEN EXISTS (
      SELECT 1 FROM deliveries earlier
      WHERE earlier.run_id = new.run_id AND earlier.destination = new.destination
        AND earlier.sequence < new.sequence AND earlier.event_id != new.event_id
        AND earlier.status IN ('pending', 'claimed'))
    BEGIN
      UPDATE deliveries SET waits = 1 WHERE sequence = new.sequence;
    END;

    DROP INDEX deliveries_next;
    DROP INDEX deliveries_due;
    CREATE INDEX deliveries_due ON deliveries (destination, next_attempt_at) WHERE status = 'pending' AND waits = 0;
    CREATE INDEX deliveries_waiting ON deliveries (destination) WHERE status = 'pending' AND waits = 1;

    CREATE TABLE attempts_by_sequence (
      delivery INTEGER NOT NULL REFERENCES deliveries (sequence),
      number INTEGER NOT NULL CHECK (number > 0),
      started_at INTEGER NOT NULL,
      finished_at INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      code INTEGER,
      detail TEXT NOT NULL,
      output TEXT NOT NULL
    ) STRICT;
    INSERT INTO attempts_by_sequence
      SELECT d.sequence, a.number, a.started_at, a.finished_at, a.outcome, a.code, a.detail, a.output
      FROM attempts a JOIN deliveries d ON d.id = a.delivery_id ORDER BY d.sequence, a.number;
    DROP TABLE attempts;
    ALTER TABLE attempts_by_sequence RENAME TO attempts;
    CREATE INDEX attempts_of_delivery ON attempts (delivery, number);
    CREATE INDEX events_with_body ON events (seen_at) WHERE length(body) > 0;
    """
}
