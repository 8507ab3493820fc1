package import Runs
package import Storage

extension PostgresStore {
  package func prune(before: Timestamp, limit: Int) async throws(StorageError) -> Int {
    if limit <= 0 { return 0 }
    return try await write { database in
      // Kept from here on: nobody sends one of them anew, and leaves an attempt of what is no more.
      let old = try database.all(Self.settled(before: before, limit: limit), of: "deliveries") { row in
        (sequence: try row.integer("sequence"), id: try row.text("id"))
      }
      let (sequences, ids) = (old.map(\.sequence), old.map(\.id))
      for table in ["attempts", "contents", "continuations"] {
        try database.execute("DELETE FROM \(Self.table(table)) WHERE delivery = ANY (\(sequences))")
      }
      try database.execute("DELETE FROM vi_notify.replays WHERE delivery_id = ANY (\(ids))")
      try database.execute(
        """
        DELETE FROM vi_notify.digest_events WHERE digest_id IN (
          SELECT id FROM vi_notify.digests WHERE delivery_id = ANY (\(ids)))
        """)
      try database.execute("DELETE FROM vi_notify.digests WHERE delivery_id = ANY (\(ids))")
      try database.execute("DELETE FROM vi_notify.deliveries WHERE sequence = ANY (\(sequences))")
      try Self.pruneRestraints(before: before, database)
      try Self.pruneActs(before: before, database)
      let posted = try Self.prunePosted(usedBefore: before, limit: limit, database)
      let emptied = try Self.emptyEvents(seenBefore: before, limit: limit, database)
      return max(old.count, emptied, posted)
    }
  }

  /// - Parameter name: one of ours, for it becomes a part of the text.
  static func table(_ name: String) -> Statement { Statement(stringLiteral: "vi_notify.\(name)") }

  /// In the order in which they were made, and no further than that says: nothing settled before `before` was made after
  /// it. So this costs what is forgotten and what is not settled, not what is kept.
  private static func settled(before: Timestamp, limit: Int) -> Statement {
    """
    SELECT sequence, id FROM vi_notify.deliveries
    WHERE sequence < coalesce((
        SELECT sequence FROM vi_notify.deliveries WHERE created_at >= \(before) ORDER BY sequence LIMIT 1),
      9223372036854775807) AND settled_at < \(before)
    ORDER BY sequence LIMIT \(limit) FOR UPDATE SKIP LOCKED
    """
  }

  private static func emptyEvents(
    seenBefore before: Timestamp, limit: Int, _ database: PostgresConnection
  ) throws -> Int {
    try database.execute(
      """
      UPDATE vi_notify.events SET body = '' WHERE id IN (
        SELECT e.id FROM vi_notify.events e
        WHERE octet_length(e.body) > 0 AND e.seen_at < \(before)
          AND NOT EXISTS (SELECT 1 FROM vi_notify.deliveries d WHERE d.event_id = e.id)
          AND NOT EXISTS (SELECT 1 FROM vi_notify.digest_events c WHERE c.event_id = e.id)
        ORDER BY e.seen_at LIMIT \(limit))
      """)
  }
}
