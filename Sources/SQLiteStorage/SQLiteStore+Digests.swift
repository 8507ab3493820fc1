internal import GRDB
package import Runs
package import Storage

extension SQLiteStore {
  /// Adds an event to the open digest of its rule, action and key, and opens one where there is none.
  static func collect(_ event: RunEvent, _ entry: DigestEntry, _ now: Timestamp, _ database: Database) throws {
    let open = try database.texts(
      "SELECT id AS name FROM digests WHERE rule = ? AND action = ? AND key = ? AND delivery_id IS NULL",
      [entry.rule, entry.action, entry.key], of: "digests"
    ).first
    let id = try open ?? begin(entry, "dig_" + RunEvent.digest([event.id, entry.rule, entry.action]), now, database)
    try database.cachedStatement(sql: "INSERT OR IGNORE INTO digest_events (digest_id, event_id) VALUES (?, ?)")
      .execute(
        arguments: [id, event.id])
  }

  private static func begin(
    _ entry: DigestEntry, _ id: String, _ now: Timestamp, _ database: Database
  ) throws -> String {
    try database.execute(
      sql: "INSERT INTO digests (id, rule, action, key, destination, due_at, plan) VALUES (?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        id, entry.rule, entry.action, entry.key, entry.destination, (now + entry.window).milliseconds,
        entry.plan?.blob,
      ])
    return id
  }

  package func dueDigests(at now: Timestamp, most: Int) async throws(StorageError) -> [OpenDigest] {
    try await read { database in
      try database.all(
        """
        SELECT g.id, g.rule, g.action, g.destination, g.plan,
          (SELECT count(*) FROM digest_events c WHERE c.digest_id = g.id) AS count
        FROM digests g WHERE g.delivery_id IS NULL AND g.due_at <= ? ORDER BY g.due_at, g.id
        """, [now.milliseconds], of: "digests"
      ) { row in
        let id = try row.text("id")
        let events = try database.all(
          """
          SELECT e.id, e.body FROM digest_events c JOIN events e ON e.id = c.event_id
          WHERE c.digest_id = ? ORDER BY c.sequence LIMIT ?
          """, [id, most], of: "events"
        ) { try $0.bytes("body") }
        return OpenDigest(
          id: id, rule: try row.text("rule"), action: try row.text("action"), destination: try row.text("destination"),
          count: try row.count("count"), events: events,
          plan: try row.optionalBytes("plan"))
      }
    }
  }

  package func collectingDigests(run: String?) async throws(StorageError) -> [CollectingDigest] {
    try await read { database in
      try database.all(
        """
        SELECT g.id, g.rule, g.action, g.destination, g.due_at, count(*) AS count, min(c.sequence),
          c.event_id, e.seen_at
        FROM digests g JOIN digest_events c ON c.digest_id = g.id JOIN events e ON e.id = c.event_id
        WHERE g.delivery_id IS NULL AND (:run IS NULL OR EXISTS (
          SELECT 1 FROM digest_events m JOIN events n ON n.id = m.event_id
          WHERE m.digest_id = g.id AND n.run_id = :run))
        GROUP BY g.id ORDER BY g.due_at, g.id
        """, ["run": run], of: "digests"
      ) { row in
        // The other columns are those of the row with the least sequence (sqlite.org/lang_select.html, "bare columns").
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
        "SELECT min(due_at) AS moment FROM digests WHERE delivery_id IS NULL", of: "digests")
    }
  }

  package func close(
    _ digest: OpenDigest, as delivery: NewDelivery, dead reason: String?, at now: Timestamp
  ) async throws(StorageError) -> Bool {
    try await write { database in
      try database.execute(
        sql: """
          UPDATE digests SET delivery_id = ? WHERE id = ? AND delivery_id IS NULL
            AND (SELECT count(*) FROM digest_events c WHERE c.digest_id = digests.id) = ?
          """, arguments: [delivery.id, digest.id, digest.count])
      guard database.changesCount == 1 else { return false }
      let first = try database.texts(
        "SELECT event_id AS name FROM digest_events WHERE digest_id = ? ORDER BY sequence LIMIT 1", [digest.id],
        of: "digest_events")
      // It is of no run, and waits for no other digest.
      try Self.insert(delivery, event: first.first ?? "", run: digest.id, now, database)
      if let reason {
        try database.execute(
          sql: """
            UPDATE deliveries SET status = 'dead', waits = 0, reason = ?, next_attempt_at = NULL, settled_at = ?
            WHERE id = ?
            """, arguments: [reason, now.milliseconds, delivery.id])
      }
      return true
    }
  }
}
