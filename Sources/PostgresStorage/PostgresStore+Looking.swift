internal import Runs
package import Storage

extension PostgresStore {
  package func unsettledCount() async throws(StorageError) -> Int {
    try await read { database in
      try database.number(
        "SELECT count(*) AS count FROM vi_notify.deliveries WHERE status IN ('pending', 'claimed')", of: "deliveries")
    }
  }

  package func unsettled() async throws(StorageError) -> [Target: Int] {
    try await read { database in
      let counts = try database.all(
        """
        SELECT destination, lane, count(*) AS count FROM vi_notify.deliveries
        WHERE status IN ('pending', 'claimed') GROUP BY destination, lane
        """, of: "deliveries", by: "destination"
      ) { row in
        (try row.target, try row.count("count"))
      }
      return Dictionary(counts) { first, _ in first }
    }
  }

  package func deliveries(_ filter: DeliveryFilter) async throws(StorageError) -> [DeliveryRecord] {
    try await read { database in
      let newest = try database.all(
        """
        SELECT \(DeliveryRecord.columns) FROM vi_notify.deliveries d WHERE \(filter.condition)
        ORDER BY d.sequence DESC LIMIT \(filter.limit.map(Int64.init))
        """, of: "deliveries", DeliveryRecord.init)
      return newest.reversed()
    }
  }

  package func deliveryCount(_ filter: DeliveryFilter) async throws(StorageError) -> Int {
    try await read { database in
      try database.number(
        "SELECT count(*) AS count FROM vi_notify.deliveries d WHERE \(filter.condition)", of: "deliveries")
    }
  }

  package func deliveryCounts(runs: [String]) async throws(StorageError) -> [String: [DeliveryStatus: Int]] {
    try await read { database in
      let counts = try database.all(
        """
        SELECT run, status, count(*) AS count FROM (
          SELECT d.run_id AS run, d.status FROM vi_notify.deliveries d WHERE d.run_id = ANY (\(runs))
          UNION ALL
          SELECT e.run_id, d.status FROM vi_notify.digests g JOIN vi_notify.deliveries d ON d.id = g.delivery_id
          JOIN vi_notify.digest_events c ON c.digest_id = g.id JOIN vi_notify.events e ON e.id = c.event_id
          WHERE e.run_id = ANY (\(runs))) AS of_runs
        GROUP BY run, status
        """, of: "deliveries", by: "run"
      ) { row in
        (try row.text("run"), try row.word("status", DeliveryStatus.self), try row.count("count"))
      }
      return counts.reduce(into: [:]) { $0[$1.0, default: [:]][$1.1] = $1.2 }
    }
  }

  package func lastEvent(run: String) async throws(StorageError) -> [UInt8]? {
    try await read { database in
      try database.first(
        """
        SELECT id, body FROM vi_notify.events WHERE run_id = \(run) AND octet_length(body) > 0
        ORDER BY time DESC, seen_at DESC, sequence DESC LIMIT 1
        """, of: "events"
      ) { try $0.bytes("body") }
    }
  }

  package func delivery(id: String) async throws(StorageError) -> DeliveryDetail? {
    try await read(whole: true) { database in
      try database.first(
        """
        SELECT \(DeliveryRecord.columns), d.kind, c.bytes AS content, e.body
        FROM vi_notify.deliveries d LEFT JOIN vi_notify.events e ON e.id = d.event_id
          LEFT JOIN vi_notify.contents c ON c.delivery = d.sequence
        WHERE d.id = \(id)
        """, of: "deliveries"
      ) { row in
        DeliveryDetail(
          record: try DeliveryRecord(row), content: try DeliveryContent(row),
          chain: try Self.chain(of: id, database), event: try row.bytes("body"),
          attempts: try Self.attempts(of: id, database))
      }
    }
  }

  /// The steps that belong together: of one rule, for one event, and from the same first step.
  private static func chain(of id: String, _ database: PostgresConnection) throws -> [DeliveryStep] {
    try database.all(
      """
      WITH RECURSIVE
        above (id, parent) AS (
          SELECT id, parent FROM vi_notify.deliveries WHERE id = \(id)
          UNION SELECT d.id, d.parent FROM vi_notify.deliveries d JOIN above a ON d.id = a.parent),
        steps (id, run_id) AS (
          SELECT d.id, d.run_id FROM vi_notify.deliveries d JOIN above a ON a.id = d.id
          WHERE a.parent IS NULL OR NOT EXISTS (SELECT 1 FROM vi_notify.deliveries p WHERE p.id = a.parent)
          UNION SELECT d.id, d.run_id FROM vi_notify.deliveries d JOIN steps s ON d.parent = s.id AND d.run_id = s.run_id)
      SELECT \(DeliveryRecord.columns), d.continues, c.bytes AS continuation
      FROM vi_notify.deliveries d JOIN steps s ON s.id = d.id LEFT JOIN vi_notify.continuations c ON c.delivery = d.sequence
      ORDER BY d.sequence
      """, of: "deliveries"
    ) { row in
      DeliveryStep(record: try DeliveryRecord(row), continuation: try row.continuation)
    }
  }

  /// The oldest first.
  static func attempts(of id: String, _ database: PostgresConnection) throws -> [AttemptRecord] {
    try database.all(
      """
      SELECT \(AttemptRecord.columns) FROM vi_notify.attempts a JOIN vi_notify.deliveries d ON d.sequence = a.delivery
      WHERE d.id = \(id) ORDER BY a.number, a.started_at
      """, of: "attempts", AttemptRecord.init)
  }
}

extension DeliveryFilter {
  /// Of the delivery `d`: only what is asked for stands in it.
  fileprivate var condition: Statement {
    var condition: Statement = "true"
    // A claimed delivery is pending to everybody but the dispatcher.
    if let status {
      let statuses = status == .pending ? ["pending", "claimed"] : [status.rawValue]
      condition = "\(condition) AND d.status = ANY (\(statuses))"
    }
    if let runID { condition = "\(condition) AND \(DeliveryRecord.isAbout(runID))" }
    if let rule { condition = "\(condition) AND d.rule = \(rule)" }
    if let destination { condition = "\(condition) AND d.destination = \(destination)" }
    if let since { condition = "\(condition) AND d.created_at >= \(since)" }
    return condition
  }
}
