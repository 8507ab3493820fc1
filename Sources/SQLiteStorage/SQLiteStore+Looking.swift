internal import GRDB
internal import JSONSource
internal import Runs
package import Storage

extension SQLiteStore {
  package func unsettledCount() async throws(StorageError) -> Int {
    try await read { database in
      try Int.fetchOne(database, sql: "SELECT count(*) FROM deliveries WHERE status IN ('pending', 'claimed')") ?? 0
    }
  }

  package func unsettled() async throws(StorageError) -> [Target: Int] {
    try await read { database in
      let sql = """
        SELECT destination, lane, count(*) AS count FROM deliveries WHERE status IN ('pending', 'claimed') GROUP BY destination, lane
        """
      let counts = try database.all(sql, of: "deliveries", by: "destination") { row in
        (try row.target, try row.count("count"))
      }
      return Dictionary(counts) { first, _ in first }
    }
  }

  package func deliveries(_ filter: DeliveryFilter) async throws(StorageError) -> [DeliveryRecord] {
    try await read { database in
      var arguments = filter.arguments
      arguments += ["limit": filter.limit ?? -1]
      let newest = try database.all(
        """
        SELECT \(DeliveryRecord.columns) FROM deliveries d WHERE \(DeliveryFilter.condition)
        ORDER BY d.sequence DESC LIMIT :limit
        """, arguments, of: "deliveries", DeliveryRecord.init)
      return newest.reversed()
    }
  }

  package func deliveryCount(_ filter: DeliveryFilter) async throws(StorageError) -> Int {
    try await read { database in
      try Int.fetchOne(
        database, sql: "SELECT count(*) FROM deliveries d WHERE \(DeliveryFilter.condition)",
        arguments: filter.arguments) ?? 0
    }
  }

  package func deliveryCounts(runs: [String]) async throws(StorageError) -> [String: [DeliveryStatus: Int]] {
    var json = JSONWriter()
    json.array(runs) { $0.string($1) }
    let list = String(decoding: json.bytes, as: UTF8.self)
    return try await read { database in
      let counts = try database.all(
        """
        SELECT run, status, count(*) AS count FROM (
          SELECT d.run_id AS run, d.status FROM deliveries d WHERE d.run_id IN (SELECT value FROM json_each(:runs))
          UNION ALL
          SELECT e.run_id, d.status FROM digests g JOIN deliveries d ON d.id = g.delivery_id
          JOIN digest_events c ON c.digest_id = g.id JOIN events e ON e.id = c.event_id
          WHERE e.run_id IN (SELECT value FROM json_each(:runs)))
        GROUP BY run, status
        """, ["runs": list], of: "deliveries", by: "run"
      ) { row in
        (try row.text("run"), try row.word("status", DeliveryStatus.self), try row.count("count"))
      }
      return counts.reduce(into: [:]) { $0[$1.0, default: [:]][$1.1] = $1.2 }
    }
  }

  package func lastEvent(run: String) async throws(StorageError) -> [UInt8]? {
    try await read { database in
      let sql =
        "SELECT id, body FROM events WHERE run_id = ? AND length(body) > 0 ORDER BY time DESC, seen_at DESC LIMIT 1"
      return try database.first(sql, [run], of: "events") { try $0.bytes("body") }
    }
  }

  package func delivery(id: String) async throws(StorageError) -> DeliveryDetail? {
    try await read { database in
      try database.first(
        """
        SELECT \(DeliveryRecord.columns), d.kind, c.bytes AS content, e.body
        FROM deliveries d LEFT JOIN events e ON e.id = d.event_id LEFT JOIN contents c ON c.delivery = d.sequence
        WHERE d.id = ?
        """, [id], of: "deliveries"
      ) { row in
        DeliveryDetail(
          record: try DeliveryRecord(row), content: try DeliveryContent(row),
          chain: try Self.chain(of: id, database), event: try row.bytes("body"),
          attempts: try Self.attempts(of: id, database))
      }
    }
  }

  /// The steps that belong together: of one rule, for one event, and from the same first step.
  private static func chain(of id: String, _ database: Database) throws -> [DeliveryStep] {
    try database.all(
      """
      WITH RECURSIVE
        above (id, parent) AS (
          SELECT id, parent FROM deliveries WHERE id = ?
          UNION SELECT d.id, d.parent FROM deliveries d JOIN above a ON d.id = a.parent),
        steps (id) AS (
          SELECT id FROM above WHERE parent IS NULL OR parent NOT IN (SELECT id FROM deliveries)
          UNION SELECT d.id FROM deliveries d JOIN steps s ON d.parent = s.id
            AND d.run_id = (SELECT run_id FROM deliveries WHERE id = s.id))
      SELECT \(DeliveryRecord.columns), d.continues, c.bytes AS continuation
      FROM deliveries d JOIN steps s ON s.id = d.id LEFT JOIN continuations c ON c.delivery = d.sequence
      ORDER BY d.sequence
      """, [id], of: "deliveries"
    ) { row in
      DeliveryStep(record: try DeliveryRecord(row), continuation: try row.continuation)
    }
  }

  /// The oldest first.
  static func attempts(of id: String, _ database: Database) throws -> [AttemptRecord] {
    try database.all(
      """
      SELECT \(AttemptRecord.columns) FROM attempts a JOIN deliveries d ON d.sequence = a.delivery
      WHERE d.id = ? ORDER BY a.number, a.started_at
      """, [id], of: "attempts", AttemptRecord.init)
  }
}

extension DeliveryFilter {
  /// Of the delivery `d`; with ``arguments``.
  fileprivate static let condition = """
    (:any OR d.status IN (:first, :last)) AND (:run IS NULL OR \(DeliveryRecord.isAboutRun))
      AND (:rule IS NULL OR d.rule = :rule) AND (:destination IS NULL OR d.destination = :destination)
      AND (:since IS NULL OR d.created_at >= :since)
    """

  fileprivate var arguments: StatementArguments {
    // A claimed delivery is pending to everybody but the dispatcher.
    let statuses = status.map { $0 == .pending ? ["pending", "claimed"] : [$0.rawValue] }
    return [
      "any": statuses == nil, "first": statuses?.first, "last": statuses?.last, "run": runID, "rule": rule,
      "destination": destination, "since": since?.milliseconds,
    ]
  }
}
