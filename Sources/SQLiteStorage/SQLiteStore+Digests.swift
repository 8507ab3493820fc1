internal import GRDB
package import Runs
package import Storage

extension SQLiteStore {
  /// Adds an event to the open digest of its rule, action and key, and opens one where there is none.
  static func collect(_ event: RunEvent, _ entry: DigestEntry, _ now: Timestamp, _ database: Database) throws {
    let open = try String.fetchOne(
      database.cachedStatement(
        sql: "SELECT id FROM digests WHERE rule = ? AND action = ? AND key = ? AND delivery_id IS NULL"),
      arguments: [entry.rule, entry.action, entry.key])
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
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT g.id, g.rule, g.action, g.destination, g.plan,
            (SELECT count(*) FROM digest_events c WHERE c.digest_id = g.id) AS count
          FROM digests g WHERE g.delivery_id IS NULL AND g.due_at <= ? ORDER BY g.due_at, g.id
          """, arguments: [now.milliseconds])
      return try rows.map { row in
        let id: String = row["id"]
        let events = try Row.fetchAll(
          database,
          sql: """
            SELECT e.body FROM digest_events c JOIN events e ON e.id = c.event_id
            WHERE c.digest_id = ? ORDER BY c.sequence LIMIT ?
            """, arguments: [id, most])
        return OpenDigest(
          id: id, rule: row["rule"], action: row["action"], destination: row["destination"], count: row["count"],
          events: events.map { $0.bytes("body") }, plan: row.optionalBytes("plan"))
      }
    }
  }

  package func nextDigest() async throws(StorageError) -> Timestamp? {
    try await read { database in
      try Int64.fetchOne(database, sql: "SELECT min(due_at) FROM digests WHERE delivery_id IS NULL").map(
        Timestamp.init(milliseconds:))
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
      let first = try String.fetchOne(
        database, sql: "SELECT event_id FROM digest_events WHERE digest_id = ? ORDER BY sequence LIMIT 1",
        arguments: [digest.id])
      // It is of no run, and waits for no other digest.
      try Self.insert(delivery, event: first ?? "", run: digest.id, now, database)
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
