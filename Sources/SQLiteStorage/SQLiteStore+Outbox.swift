internal import GRDB
package import Runs
package import Storage

/// What is due, and taking it.
extension SQLiteStore {
  package func dueTargets(at now: Timestamp) async throws(StorageError) -> DueTargets {
    try await read { database in
      var due = DueTargets()
      let moment = now.milliseconds
      let found = try database.all(Self.dueTargets, [moment, moment], of: "deliveries", by: "destination") { row in
        (target: try row.target, isDue: try row.flag("is_due"), next: try row.optionalTime("next"))
      }
      due.targets = found.filter(\.isDue).map(\.target)
      due.next = found.compactMap(\.next).min()
      return due
    }
  }

  /// From one destination to the next in the index, whatever number of deliveries each of them has.
  static let dueTargets = """
    WITH RECURSIVE
      names (name) AS (
        SELECT min(destination) FROM deliveries WHERE status = 'pending' AND waits = 0
        UNION ALL
        SELECT (SELECT min(destination) FROM deliveries WHERE status = 'pending' AND waits = 0 AND destination > name)
        FROM names WHERE name IS NOT NULL),
      waiting (name, first) AS (
        SELECT name, (
          SELECT min(next_attempt_at) FROM deliveries WHERE status = 'pending' AND waits = 0 AND destination = name)
        FROM names WHERE name IS NOT NULL)
    SELECT name AS destination, first <= ? AS is_due, (
      SELECT lane FROM deliveries WHERE status = 'pending' AND waits = 0 AND destination = name LIMIT 1) AS lane, (
      SELECT min(next_attempt_at) FROM deliveries
      WHERE status = 'pending' AND waits = 0 AND destination = name AND next_attempt_at > ?) AS next
    FROM waiting
    """

  package func due(
    destination: Target, limit: Int, at now: Timestamp, except underWay: Set<Int64>, after place: DuePlace?
  ) async throws(StorageError) -> [ClaimedDelivery] {
    // To SQLite a limit below zero is none.
    if limit <= 0 { return [] }
    return try await read { try Self.due(destination, limit, now, underWay, after: place, claimedAt: nil, $0) }
  }

  package func claim(
    destination: Target, limit: Int, at now: Timestamp
  ) async throws(StorageError) -> [ClaimedDelivery] {
    if limit <= 0 { return [] }
    return try await write { database in
      let deliveries = try Self.due(destination, limit, now, [], after: nil, claimedAt: now, database)
      let statement = try database.cachedStatement(
        sql: """
          UPDATE deliveries SET status = 'claimed', attempts = attempts + 1, next_attempt_at = NULL, claimed_at = ?
          WHERE sequence = ? AND status = 'pending'
          """)
      for delivery in deliveries {
        try statement.execute(arguments: [now.milliseconds, delivery.sequence])
        guard database.changesCount == 1 else { throw StorageError.notClaimed(delivery.id) }
      }
      return deliveries
    }
  }

  private static func due(
    _ destination: Target, _ limit: Int, _ now: Timestamp, _ underWay: Set<Int64>, after place: DuePlace?,
    claimedAt: Timestamp?, _ database: Database
  ) throws -> [ClaimedDelivery] {
    let statement = try database.cachedStatement(sql: dueDeliveries)
    let rows = StoredRows(
      try Row.fetchCursor(
        statement,
        arguments: [
          destination.name, now.milliseconds, place?.dueAt.milliseconds ?? .min, place?.sequence ?? 0,
          underWay.sqlList, limit,
        ]), of: "deliveries")
    var found: [ClaimedDelivery] = []
    var bytes = 0
    while bytes < ClaimedDelivery.maxBytesAhead, let row = try rows.next() {
      let delivery = try ClaimedDelivery(next: row, claimedAt: claimedAt)
      bytes += delivery.bytes
      found.append(delivery)
    }
    return found
  }

  static let dueDeliveries = """
    \(ClaimedDelivery.selection)
    WHERE d.status = 'pending' AND d.waits = 0 AND d.destination = ? AND d.next_attempt_at <= ?
      AND (d.next_attempt_at, d.sequence) > (?, ?) AND d.sequence NOT IN (SELECT value FROM json_each(?))
    ORDER BY d.next_attempt_at, d.sequence LIMIT ?
    """

  package func releaseClaims(at now: Timestamp) async throws(StorageError) -> Int {
    try await write { database in
      try database.execute(
        sql: """
          INSERT INTO attempts (delivery, number, started_at, finished_at, outcome, code, detail, output)
          SELECT sequence, attempts, claimed_at, ?, 'interrupted', NULL, 'vi-notify ended before the answer was known', ''
          FROM deliveries WHERE status = 'claimed' AND is_once = 0
          """, arguments: [now.milliseconds])
      try database.execute(
        sql: """
          UPDATE deliveries SET status = 'pending', next_attempt_at = ?, claimed_at = NULL
          WHERE status = 'claimed' AND is_once = 0
          """, arguments: [now.milliseconds])
      return database.changesCount
    }
  }

  package func cutOff() async throws(StorageError) -> [ClaimedDelivery] {
    try await read { database in
      let sql = "\(ClaimedDelivery.selection) WHERE d.status = 'claimed' AND d.is_once = 1 ORDER BY d.sequence"
      return try database.all(sql, of: "deliveries") { row in
        // Its attempt was counted when it was claimed.
        try ClaimedDelivery(row, attempt: { $0 }, claimedAt: row.time("claimed_at"))
      }
    }
  }

  package func deadLetterBacklog(_ burial: BulkDeadLetter, at now: Timestamp) async throws(StorageError)
    -> [ClaimedDelivery]
  {
    if burial.limit <= 0 { return [] }
    return try await read { database in
      try database.all(
        """
        \(ClaimedDelivery.selection)
        WHERE d.status = 'pending' AND d.continues = 1 AND d.destination = :destination
          AND coalesce(d.retry_from, d.created_at) + coalesce(d.retry_for, :age) < :now
          AND d.sequence NOT IN (SELECT value FROM json_each(:sparing))
        ORDER BY d.sequence LIMIT :limit
        """, burial.arguments(at: now), of: "deliveries"
      ) { try ClaimedDelivery(next: $0) }
    }
  }
}

extension BulkDeadLetter {
  /// Of the statements that look for deadLetterBacklog.
  func arguments(at now: Timestamp) -> StatementArguments {
    [
      "destination": destination.name, "age": olderThan.milliseconds, "now": now.milliseconds,
      "sparing": sparing.sqlList,
      "limit": limit,
    ]
  }
}

extension Set<Int64> {
  /// For `json_each`.
  var sqlList: String {
    var text = "["
    for number in self {
      if text.utf8.count > 1 { text += "," }
      text += String(number)
    }
    return text + "]"
  }
}
