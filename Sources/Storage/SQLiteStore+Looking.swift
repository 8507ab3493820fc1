internal import GRDB
internal import Runs

extension SQLiteStore {
  package func unsettledCount() async throws(StorageError) -> Int {
    try await read { database in
      try Int.fetchOne(database, sql: "SELECT count(*) FROM deliveries WHERE status IN ('pending', 'claimed')") ?? 0
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
            AND (:rule IS NULL OR d.rule = :rule)
          ORDER BY d.sequence
          """,
        arguments: [
          "any": statuses == nil, "first": statuses?.first, "last": statuses?.last, "run": filter.runID,
          "rule": filter.rule,
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
        event: row.bytes("body"), attempts: try Self.attempts(of: id, database))
    }
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
