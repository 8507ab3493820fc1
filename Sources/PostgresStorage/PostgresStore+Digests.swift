package import Runs
package import Storage

extension PostgresStore {
  /// Adds an event to the open digest of its rule, action and key. Opens one first if necessary.
  static func collect(
    _ event: RunEvent, _ entry: DigestEntry, _ now: Timestamp, _ database: PostgresConnection
  ) throws {
    let key = RunEvent.digest([entry.key])
    // The row is locked either way: another process that opens the same, or closes it, waits for this one.
    let id = try database.texts(
      """
      INSERT INTO vi_notify.digests (id, rule, action, key, key_digest, destination, due_at, plan)
      VALUES (\("dig_" + RunEvent.digest([event.id, entry.rule, entry.action])), \(entry.rule), \(entry.action), \(entry.key),
        \(key), \(entry.destination), \(now + entry.window), \(entry.plan))
      ON CONFLICT (rule, action, key_digest) WHERE delivery_id IS NULL DO UPDATE SET id = digests.id
      RETURNING id AS name
      """, of: "digests"
    ).first
    guard let id else { return }
    try database.execute(
      """
      INSERT INTO vi_notify.digest_events (digest_id, event_id) VALUES (\(id), \(event.id))
      ON CONFLICT (digest_id, event_id) DO NOTHING
      """)
  }

  package func dueDigests(at now: Timestamp, most: Int) async throws(StorageError) -> [OpenDigest] {
    let digests = try await read(whole: true) { database in
      let due = try database.all(
        """
        SELECT g.id, g.rule, g.action, g.destination, g.plan,
          (SELECT count(*) FROM vi_notify.digest_events c WHERE c.digest_id = g.id) AS count
        FROM vi_notify.digests g WHERE g.delivery_id IS NULL AND g.due_at <= \(now) ORDER BY g.due_at, g.id
        """, of: "digests"
      ) { row in
        OpenDigest(
          id: try row.text("id"), rule: try row.text("rule"), action: try row.text("action"),
          destination: try row.text("destination"), count: try row.count("count"), events: [],
          plan: try row.optionalBytes("plan"))
      }
      return try due.map { digest in
        let events = try database.all(
          """
          SELECT e.id, e.body FROM vi_notify.digest_events c JOIN vi_notify.events e ON e.id = c.event_id
          WHERE c.digest_id = \(digest.id) ORDER BY c.sequence LIMIT \(most)
          """, of: "events"
        ) { try $0.bytes("body") }
        return OpenDigest(
          id: digest.id, rule: digest.rule, action: digest.action, destination: digest.destination,
          count: digest.count, events: events, plan: digest.plan)
      }
    }
    return digests
  }

  package func collectingDigests(run: String?) async throws(StorageError) -> [CollectingDigest] {
    try await read { database in
      try database.all(
        """
        SELECT g.id, g.rule, g.action, g.destination, g.due_at, c.count, f.event_id, e.seen_at
        FROM vi_notify.digests g
        JOIN LATERAL (
          SELECT count(*) AS count, min(sequence) AS first FROM vi_notify.digest_events WHERE digest_id = g.id) c ON true
        JOIN vi_notify.digest_events f ON f.sequence = c.first
        JOIN vi_notify.events e ON e.id = f.event_id
        WHERE g.delivery_id IS NULL AND (\(run) IS NULL OR EXISTS (
          SELECT 1 FROM vi_notify.digest_events m JOIN vi_notify.events n ON n.id = m.event_id
          WHERE m.digest_id = g.id AND n.run_id = \(run)))
        ORDER BY g.due_at, g.id
        """, of: "digests"
      ) { row in
        CollectingDigest(
          id: try row.text("id"), rule: try row.text("rule"), action: try row.text("action"),
          destination: try row.text("destination"), dueAt: try row.time("due_at"), eventID: try row.text("event_id"),
          begunAt: try row.time("seen_at"), count: try row.count("count"))
      }
    }
  }

  package func nextDigest() async throws(StorageError) -> Timestamp? {
    try await read { database in
      try database.moment(
        "SELECT min(due_at) AS moment FROM vi_notify.digests WHERE delivery_id IS NULL", of: "digests")
    }
  }

  package func close(
    _ digest: OpenDigest, as delivery: NewDelivery, dead reason: String?, at now: Timestamp
  ) async throws(StorageError) -> Bool {
    let isClosed = try await write { database in
      // What others are just collecting is counted.
      guard try database.finds("SELECT 1 FROM vi_notify.digests WHERE id = \(digest.id) FOR UPDATE") else {
        return false
      }
      let count = try database.execute(
        """
        UPDATE vi_notify.digests SET delivery_id = \(delivery.id) WHERE id = \(digest.id) AND delivery_id IS NULL
          AND (SELECT count(*) FROM vi_notify.digest_events c WHERE c.digest_id = digests.id) = \(digest.count)
        """)
      guard count == 1 else { return false }
      let first = try database.texts(
        """
        SELECT event_id AS name FROM vi_notify.digest_events WHERE digest_id = \(digest.id) ORDER BY sequence LIMIT 1
        """, of: "digest_events")
      // It is of no run, and waits for no other digest.
      try Self.insert(delivery, event: first.first ?? "", run: digest.id, now, database)
      if let reason {
        try database.execute(
          """
          UPDATE vi_notify.deliveries
          SET status = 'dead', waits = false, reason = \(reason), next_attempt_at = NULL, settled_at = \(now)
          WHERE id = \(delivery.id)
          """)
      }
      return true
    }
    if isClosed { channel?.tell() }
    return isClosed
  }
}
