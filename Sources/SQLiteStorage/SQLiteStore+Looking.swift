internal import GRDB
internal import Runs
package import Storage

extension SQLiteStore {
  package func unsettledCount() async throws(StorageError) -> Int {
    try await read { database in
      try Int.fetchOne(database, sql: "SELECT count(*) FROM deliveries WHERE status IN ('pending', 'claimed')") ?? 0
    }
  }

  package func unsettled() async throws(StorageError) -> [String: Int] {
    try await read { database in
      let sql = """
        SELECT destination, count(*) FROM deliveries WHERE status IN ('pending', 'claimed') GROUP BY destination
        """
      let rows = try Row.fetchAll(database, sql: sql)
      return Dictionary(rows.map { ($0[0] as String, $0[1] as Int) }) { first, _ in first }
    }
  }

  package func deliveries(_ filter: DeliveryFilter) async throws(StorageError) -> [DeliveryRecord] {
    // A claimed delivery is pending to everybody but the dispatcher.
    let statuses = filter.status.map { $0 == .pending ? ["pending", "claimed"] : [$0.rawValue] }
    return try await read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT \(DeliveryRecord.columns) FROM deliveries d
          WHERE (:any OR d.status IN (:first, :last)) AND (:run IS NULL OR \(DeliveryRecord.isAboutRun))
            AND (:rule IS NULL OR d.rule = :rule) AND (:destination IS NULL OR d.destination = :destination)
          ORDER BY d.sequence
          """,
        arguments: [
          "any": statuses == nil, "first": statuses?.first, "last": statuses?.last, "run": filter.runID,
          "rule": filter.rule, "destination": filter.destination,
        ]
      ).map(DeliveryRecord.init)
    }
  }

  package func lastEvent(run: String) async throws(StorageError) -> [UInt8]? {
    try await read { database in
      let sql = "SELECT body FROM events WHERE run_id = ? AND length(body) > 0 ORDER BY time DESC, seen_at DESC LIMIT 1"
      return try Row.fetchOne(database, sql: sql, arguments: [run]).map { $0.bytes("body") }
    }
  }

  package func delivery(id: String) async throws(StorageError) -> DeliveryDetail? {
    try await read { database in
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT \(DeliveryRecord.columns), d.kind, c.bytes AS content, e.body
          FROM deliveries d JOIN events e ON e.id = d.event_id LEFT JOIN contents c ON c.delivery = d.sequence
          WHERE d.id = ?
          """, arguments: [id])
      guard let row else { return nil }
      return DeliveryDetail(
        record: DeliveryRecord(row), content: DeliveryContent(kind: row["kind"], content: row["content"]),
        chain: try Self.chain(of: id, database), event: row.bytes("body"),
        attempts: try Self.attempts(of: id, database))
    }
  }

  /// The steps that belong together: of one rule, for one event, and from the same first step.
  private static func chain(of id: String, _ database: Database) throws -> [DeliveryStep] {
    let rows = try Row.fetchAll(
      database,
      sql: """
        WITH RECURSIVE
          above (id, parent) AS (
            SELECT id, parent FROM deliveries WHERE id = ?
            UNION SELECT d.id, d.parent FROM deliveries d JOIN above a ON d.id = a.parent),
          steps (id) AS (
            SELECT id FROM above WHERE parent IS NULL OR parent NOT IN (SELECT id FROM deliveries)
            UNION SELECT d.id FROM deliveries d JOIN steps s ON d.parent = s.id
              AND d.run_id = (SELECT run_id FROM deliveries WHERE id = s.id))
        SELECT \(DeliveryRecord.columns), c.bytes AS continuation
        FROM deliveries d JOIN steps s ON s.id = d.id LEFT JOIN continuations c ON c.delivery = d.sequence
        ORDER BY d.sequence
        """, arguments: [id])
    return rows.map { DeliveryStep(record: DeliveryRecord($0), continuation: $0.optionalBytes("continuation")) }
  }

  /// The oldest first.
  static func attempts(of id: String, _ database: Database) throws -> [AttemptRecord] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT a.* FROM attempts a JOIN deliveries d ON d.sequence = a.delivery
        WHERE d.id = ? ORDER BY a.number, a.started_at
        """, arguments: [id]
    ).map(AttemptRecord.init)
  }
}
