internal import GRDB
internal import JSONSource
package import Runs
package import Storage

/// How a destination that failed is tried again, and what is let go when it works.
extension SQLiteStore {
  package func probe(
    destination: Target, at now: Timestamp, except underWay: Set<Int64>
  ) async throws(StorageError) -> ClaimedDelivery? {
    try await read { database in
      try database.first(
        Self.probeDelivery, [destination.name, now.milliseconds, underWay.sqlList], of: "deliveries"
      ) { try ClaimedDelivery(next: $0) }
    }
  }

  /// The order is that of what is due: so each probe is another delivery's, and one that its destination never takes doesn't
  /// keep the others from being tried.
  static let probeDelivery = """
    \(ClaimedDelivery.selection)
    WHERE d.status = 'pending' AND d.waits = 0 AND d.destination = ? AND (d.delay = 'backoff' OR d.next_attempt_at <= ?)
      AND d.sequence NOT IN (SELECT value FROM json_each(?))
    ORDER BY d.next_attempt_at, d.sequence LIMIT 1
    """

  package func destinationsBackingOff(at now: Timestamp) async throws(StorageError) -> Set<Target> {
    try await read { database in
      let sql = """
        SELECT DISTINCT destination, lane FROM deliveries
        WHERE status = 'pending' AND waits = 0 AND delay = 'backoff' AND next_attempt_at > ?
        """
      return Set(try database.all(sql, [now.milliseconds], of: "deliveries", by: "destination") { try $0.target })
    }
  }

  /// True when something is due by it.
  static func release(_ destination: Target, at now: Timestamp, _ database: Database) throws -> Bool {
    try database.cachedStatement(sql: release).execute(arguments: [
      now.milliseconds, destination.name, now.milliseconds,
    ])
    return database.changesCount > 0
  }

  static let release = """
    UPDATE deliveries SET next_attempt_at = ?, delay = NULL
    WHERE status = 'pending' AND waits = 0 AND destination = ? AND next_attempt_at > ? AND delay = 'backoff'
    """

  package func hasten(ids: [String], by agent: Agent, at now: Timestamp) async throws(StorageError) -> [String] {
    try await write { database in
      var json = JSONWriter()
      json.array(ids) { $0.string($1) }
      let list = String(decoding: json.bytes, as: UTF8.self)
      let waiting = try database.texts(
        """
        SELECT id AS name FROM deliveries
        WHERE status IN ('pending', 'claimed') AND id IN (SELECT value FROM json_each(?)) ORDER BY sequence
        """, [list], of: "deliveries")
      let update = try database.cachedStatement(
        sql: """
          UPDATE deliveries SET next_attempt_at = min(next_attempt_at, ?), delay = NULL
          WHERE id = ? AND status = 'pending'
          """)
      for id in waiting { try update.execute(arguments: [now.milliseconds, id]) }
      try Self.requestProbes(for: waiting, now, database)
      let digests = try database.texts(
        """
        SELECT id AS name FROM digests
        WHERE delivery_id IS NULL AND id IN (SELECT value FROM json_each(?)) ORDER BY id
        """, [list], of: "digests")
      let end = try database.cachedStatement(sql: "UPDATE digests SET due_at = min(due_at, ?) WHERE id = ?")
      for id in digests { try end.execute(arguments: [now.milliseconds, id]) }
      let hastened = waiting + digests
      if !hastened.isEmpty { try Self.record(Act(at: now, .hasten, by: agent, hastened), database) }
      return hastened
    }
  }

  static func requestProbes(for ids: [String], _ now: Timestamp, _ database: Database) throws {
    let request = try database.cachedStatement(
      sql: """
        INSERT OR REPLACE INTO probe_requests (destination, lane, requested_at)
        SELECT destination, lane, ? FROM deliveries WHERE id = ?
        """)
    for id in ids { try request.execute(arguments: [now.milliseconds, id]) }
  }

  package func takeProbeRequests(among targets: Set<Target>?) async throws(StorageError) -> Set<Target> {
    let isAsked = try await read { try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM probe_requests)") ?? false }
    guard isAsked else { return [] }
    return try await write { database in
      guard let targets else {
        let sql = "DELETE FROM probe_requests RETURNING destination, lane"
        return Set(try database.all(sql, of: "probe_requests", by: "destination") { try $0.target })
      }
      return try targets.filter { target in
        try database.execute(sql: "DELETE FROM probe_requests WHERE destination = ?", arguments: [target.name])
        return database.changesCount > 0
      }
    }
  }
}
