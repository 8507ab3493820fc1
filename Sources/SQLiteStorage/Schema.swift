internal import GRDB

/// The schema as a row of migrations. One that has landed is never changed again.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 ledger and outbox") { try $0.execute(sql: first) }
    migrator.registerMigration("2 watching and looking back") { try $0.execute(sql: second) }
    migrator.registerMigration("3 destinations") { try $0.execute(sql: destinations) }
    migrator.registerMigration("4 contents") { try $0.execute(sql: contents) }
    migrator.registerMigration("5 chains") { try $0.execute(sql: chains) }
    migrator.registerMigration("6 clock") { try $0.execute(sql: clock) }
    migrator.registerMigration("6 forms") { try $0.execute(sql: forms) }
    migrator.registerMigration("6 open digests") { try $0.execute(sql: openDigests) }
    migrator.registerMigration("7 lanes") { try $0.execute(sql: lanes) }
    migrator.registerMigration("8 any kind") { try $0.execute(sql: anyKind) }
    migrator.registerMigration("9 silences") { try $0.execute(sql: silences) }
    migrator.registerMigration("9 heartbeat") { try $0.execute(sql: heartbeat) }
    migrator.registerMigration("10 paces") { try $0.execute(sql: paces) }
    migrator.registerMigration("10 sequels") { try $0.execute(sql: sequels) }
    migrator.registerMigration("11 audit") { try $0.execute(sql: audit) }
    migrator.registerMigration("12 workers") { try $0.execute(sql: workers) }
    return migrator
  }

  private static let first = """
    CREATE TABLE organizations (
      id TEXT PRIMARY KEY,
      baseline_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE runs (
      organization TEXT NOT NULL,
      id TEXT NOT NULL,
      phase TEXT NOT NULL CHECK (phase IN ('pending', 'running', 'succeeded', 'failed', 'error', 'cancelled')),
      since INTEGER NOT NULL,
      is_baseline INTEGER NOT NULL CHECK (is_baseline IN (0, 1)),
      changed_at INTEGER NOT NULL,
      PRIMARY KEY (organization, id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE events (
      id TEXT PRIMARY KEY,
      run_id TEXT NOT NULL,
      phase TEXT NOT NULL,
      time INTEGER NOT NULL,
      seen_at INTEGER NOT NULL,
      body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX events_of_run ON events (run_id, time);

    CREATE TABLE deliveries (
      sequence INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      event_id TEXT NOT NULL REFERENCES events (id),
      run_id TEXT NOT NULL,
      rule TEXT NOT NULL,
      destination TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('event', 'body', 'hook')),
      content BLOB CHECK ((kind = 'event') = (content IS NULL)),
      timeout INTEGER,
      retry_for INTEGER,
      status TEXT NOT NULL CHECK (status IN ('pending', 'claimed', 'delivered', 'dead')),
      attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
      next_attempt_at INTEGER CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
      claimed_at INTEGER CHECK ((status = 'claimed') = (claimed_at IS NOT NULL)),
      created_at INTEGER NOT NULL,
      settled_at INTEGER CHECK ((status IN ('delivered', 'dead')) = (settled_at IS NOT NULL)),
      reason TEXT CHECK (status != 'dead' OR reason IS NOT NULL)
    ) STRICT;
    CREATE INDEX deliveries_due ON deliveries (destination, next_attempt_at) WHERE status = 'pending';
    CREATE INDEX deliveries_next ON deliveries (next_attempt_at) WHERE status = 'pending';
    CREATE INDEX deliveries_unsettled ON deliveries (run_id, destination, sequence) WHERE status IN ('pending', 'claimed');
    CREATE INDEX deliveries_of_run ON deliveries (run_id);

    CREATE TABLE attempts (
      delivery_id TEXT NOT NULL REFERENCES deliveries (id),
      number INTEGER NOT NULL CHECK (number > 0),
      started_at INTEGER NOT NULL,
      finished_at INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      code INTEGER,
      detail TEXT NOT NULL,
      output TEXT NOT NULL
    ) STRICT;
    CREATE INDEX attempts_of_delivery ON attempts (delivery_id, number);
    """

  private static let second = """
    ALTER TABLE runs ADD COLUMN gone_at INTEGER;

    CREATE TABLE sources (
      organization TEXT PRIMARY KEY,
      unreachable_since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE rule_files (
      digest TEXT PRIMARY KEY,
      bytes BLOB NOT NULL,
      first_used_at INTEGER NOT NULL
    ) STRICT;
    ALTER TABLE events ADD COLUMN rules TEXT;
    ALTER TABLE events ADD COLUMN stayed INTEGER;

    CREATE TABLE digests (
      id TEXT PRIMARY KEY,
      rule TEXT NOT NULL,
      action TEXT NOT NULL,
      key TEXT NOT NULL,
      destination TEXT NOT NULL,
      due_at INTEGER NOT NULL,
      delivery_id TEXT
    ) STRICT;
    CREATE UNIQUE INDEX digests_open ON digests (rule, action, key) WHERE delivery_id IS NULL;
    CREATE INDEX digests_due ON digests (due_at) WHERE delivery_id IS NULL;
    CREATE INDEX digests_of_delivery ON digests (delivery_id);
    CREATE TABLE digest_events (
      sequence INTEGER PRIMARY KEY,
      digest_id TEXT NOT NULL REFERENCES digests (id),
      event_id TEXT NOT NULL REFERENCES events (id),
      UNIQUE (digest_id, event_id)
    ) STRICT;
    CREATE INDEX digests_of_event ON digest_events (event_id);

    ALTER TABLE deliveries ADD COLUMN defers INTEGER NOT NULL DEFAULT 0 CHECK (defers IN (0, 1));
    ALTER TABLE deliveries ADD COLUMN retry_from INTEGER;
    ALTER TABLE deliveries ADD COLUMN attempts_before INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE replays (
      delivery_id TEXT NOT NULL REFERENCES deliveries (id),
      requested_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX replays_of_delivery ON replays (delivery_id);
    """
}
