internal import GRDB
package import Runs
package import Storage

extension SQLiteStore {
  package func prune(before: Timestamp, limit: Int) async throws(StorageError) -> Int {
    if limit <= 0 { return 0 }
    return try await write { database in
      let old = try Self.settled(before: before, limit: limit, database)
      for sequence in old {
        for sql in [
          "DELETE FROM attempts WHERE delivery = ?",
          "DELETE FROM contents WHERE delivery = ?",
          "DELETE FROM continuations WHERE delivery = ?",
          "DELETE FROM replays WHERE delivery_id = (SELECT id FROM deliveries WHERE sequence = ?)",
          """
          DELETE FROM digest_events WHERE digest_id IN (
            SELECT id FROM digests WHERE delivery_id = (SELECT id FROM deliveries WHERE sequence = ?))
          """,
          "DELETE FROM digests WHERE delivery_id = (SELECT id FROM deliveries WHERE sequence = ?)",
          "DELETE FROM deliveries WHERE sequence = ?",
        ] {
          try database.cachedStatement(sql: sql).execute(arguments: [sequence])
        }
      }
      try Self.pruneRestraints(before: before, database)
      try Self.pruneActs(before: before, database)
      let posted = try Self.prunePosted(usedBefore: before, limit: limit, database)
      let emptied = try Self.emptyEvents(seenBefore: before, limit: limit, database)
      return max(old.count, emptied, posted)
    }
  }

  /// In the order in which they were made, and no further than that says: nothing settled before `before` was made after
  /// it. So this costs what is forgotten and what is not settled, not what is kept.
  private static func settled(before: Timestamp, limit: Int, _ database: Database) throws -> [Int64] {
    let rows = StoredRows(
      try Row.fetchCursor(
        database, sql: "SELECT sequence, id, created_at, settled_at FROM deliveries ORDER BY sequence"),
      of: "deliveries")
    var found: [Int64] = []
    while found.count < limit, let row = try rows.next(), try row.time("created_at") < before {
      if let settledAt = try row.optionalTime("settled_at"), settledAt < before {
        found.append(try row.integer("sequence"))
      }
    }
    return found
  }

  /// They are written anew behind all others: emptied where they stand, they would leave pages nearly empty that nothing
  /// else fits into, as rows are only ever added at the end.
  private static func emptyEvents(seenBefore before: Timestamp, limit: Int, _ database: Database) throws -> Int {
    try database.execute(
      sql: """
        REPLACE INTO events (id, run_id, phase, stayed, time, seen_at, rules, body)
        SELECT id, run_id, phase, stayed, time, seen_at, rules, x'' FROM events e
        WHERE length(e.body) > 0 AND e.seen_at < ?
          AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.run_id = e.run_id AND d.event_id = e.id)
          AND NOT EXISTS (SELECT 1 FROM digest_events c WHERE c.event_id = e.id)
        ORDER BY e.seen_at LIMIT ?
        """, arguments: [before.milliseconds, limit])
    return database.changesCount
  }
}
