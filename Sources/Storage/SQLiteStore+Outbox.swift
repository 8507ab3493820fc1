internal import GRDB
package import Runs

extension SQLiteStore {
  package func destinationsDue(at now: Timestamp) async throws(StorageError) -> [String] {
    try await read { database in
      try String.fetchAll(database, sql: Self.dueDestinations, arguments: [now.milliseconds])
    }
  }

  /// From one destination to the next in the index, whatever number of deliveries each of them has.
  private static let dueDestinations = """
    WITH RECURSIVE waiting (name) AS (
      SELECT min(destination) FROM deliveries WHERE status = 'pending'
      UNION ALL
      SELECT (SELECT min(destination) FROM deliveries WHERE status = 'pending' AND destination > name)
      FROM waiting WHERE name IS NOT NULL)
    SELECT name FROM waiting
    WHERE EXISTS (
      SELECT 1 FROM deliveries WHERE status = 'pending' AND destination = name AND next_attempt_at <= ?)
    """

  package func nextDue(after now: Timestamp) async throws(StorageError) -> Timestamp? {
    try await read { database in
      try Int64.fetchOne(
        database, sql: "SELECT min(next_attempt_at) FROM deliveries WHERE status = 'pending' AND next_attempt_at > ?",
        arguments: [now.milliseconds]
      ).map(Timestamp.init(milliseconds:))
    }
  }

  package func claim(
    destination: String, limit: Int, at now: Timestamp
  ) async throws(StorageError) -> [ClaimedDelivery] {
    try await write { database in
      let rows = try Row.fetchAll(
        database, sql: Self.claimable, arguments: [destination, now.milliseconds, limit])
      return try rows.map { row in
        let id: String = row["id"]
        try database.execute(
          sql: """
            UPDATE deliveries SET status = 'claimed', attempts = attempts + 1, next_attempt_at = NULL, claimed_at = ?
            WHERE id = ? AND status = 'pending'
            """, arguments: [now.milliseconds, id])
        guard database.changesCount == 1 else { throw StorageError.notClaimed(id) }
        return ClaimedDelivery(row)
      }
    }
  }

  private static let claimable = """
    SELECT d.id, d.event_id, d.run_id, d.rule, d.destination, d.kind, d.content, d.attempts, d.created_at, d.timeout,
      d.retry_for, e.body
    FROM deliveries d JOIN events e ON e.id = d.event_id
    WHERE d.status = 'pending' AND d.destination = ? AND d.next_attempt_at <= ?
      AND NOT EXISTS (
        SELECT 1 FROM deliveries earlier
        WHERE earlier.run_id = d.run_id AND earlier.destination = d.destination AND earlier.sequence < d.sequence
          AND earlier.event_id != d.event_id AND earlier.status IN ('pending', 'claimed'))
    ORDER BY d.next_attempt_at, d.sequence LIMIT ?
    """

  package func settle(
    _ delivery: ClaimedDelivery, as settlement: Settlement, _ attempt: AttemptRecord
  ) async throws(StorageError) {
    try await write { database in
      try Self.update(delivery, settlement, at: attempt.finishedAt, database)
      if settlement != .interrupted { try Self.insert(attempt, of: delivery.id, database) }
    }
  }

  private static func update(
    _ delivery: ClaimedDelivery, _ settlement: Settlement, at now: Timestamp, _ database: Database
  ) throws {
    let (status, next, reason, count): (DeliveryStatus, Timestamp?, String?, Int) =
      switch settlement {
      case .delivered: (.delivered, nil, nil, delivery.attempt)
      case .retry(let next, let reason): (.pending, next, reason, delivery.attempt)
      case .dead(let reason): (.dead, nil, reason, delivery.attempt)
      case .interrupted: (.pending, now, nil, delivery.attempt - 1)
      }
    let settledAt = status == .pending ? nil : now
    try database.execute(
      sql: """
        UPDATE deliveries SET status = ?, next_attempt_at = ?, reason = iif(?, reason, ?), attempts = ?, settled_at = ?,
          claimed_at = NULL
        WHERE id = ? AND status = 'claimed' AND attempts = ?
        """,
      arguments: [
        status.rawValue, next?.milliseconds, settlement == .interrupted, reason, count,
        settledAt?.milliseconds, delivery.id, delivery.attempt,
      ])
    guard database.changesCount == 1 else { throw StorageError.notClaimed(delivery.id) }
  }

  private static func insert(_ attempt: AttemptRecord, of id: String, _ database: Database) throws {
    try database.execute(
      sql: "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        id, attempt.number, attempt.startedAt.milliseconds, attempt.finishedAt.milliseconds, attempt.outcome,
        attempt.code,
        attempt.detail, attempt.output,
      ])
  }

  package func releaseClaims(at now: Timestamp) async throws(StorageError) -> Int {
    try await write { database in
      try database.execute(
        sql: """
          INSERT INTO attempts
          SELECT id, attempts, claimed_at, ?, 'interrupted', NULL, 'vi-notify ended before the answer was known', ''
          FROM deliveries WHERE status = 'claimed'
          """, arguments: [now.milliseconds])
      try database.execute(
        sql:
          "UPDATE deliveries SET status = 'pending', next_attempt_at = ?, claimed_at = NULL WHERE status = 'claimed'",
        arguments: [now.milliseconds])
      return database.changesCount
    }
  }
}

extension ClaimedDelivery {
  fileprivate init(_ row: Row) {
    self.init(
      id: row["id"], eventID: row["event_id"], runID: row["run_id"], rule: row["rule"], destination: row["destination"],
      content: DeliveryContent(kind: row["kind"], content: row["content"]), event: row.bytes("body"),
      attempt: row["attempts"] + 1, createdAt: row.time("created_at") ?? Timestamp(milliseconds: 0),
      timeout: row.duration("timeout"), retryFor: row.duration("retry_for"))
  }
}
