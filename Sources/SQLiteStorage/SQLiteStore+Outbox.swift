internal import GRDB
package import Runs
package import Storage

/// What is due, and taking it.
extension SQLiteStore {
  package func destinationsDue(at now: Timestamp) async throws(StorageError) -> [String] {
    try await read { database in
      try String.fetchAll(database.cachedStatement(sql: Self.dueDestinations), arguments: [now.milliseconds])
    }
  }

  /// From one destination to the next in the index, whatever number of deliveries each of them has.
  private static let waitingDestinations = """
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
    """

  static let dueDestinations = "\(waitingDestinations) SELECT name FROM waiting WHERE first <= ?"

  package func nextDue(after now: Timestamp) async throws(StorageError) -> Timestamp? {
    try await read { database in
      try Int64.fetchOne(database.cachedStatement(sql: Self.nextMoment), arguments: [now.milliseconds])
        .map(Timestamp.init(milliseconds:))
    }
  }

  static let nextMoment = """
    \(waitingDestinations)
    SELECT min((
      SELECT min(next_attempt_at) FROM deliveries
      WHERE status = 'pending' AND waits = 0 AND destination = name AND next_attempt_at > ?)) FROM waiting
    """

  package func due(
    destination: String, limit: Int, at now: Timestamp, except underWay: Set<Int64>
  ) async throws(StorageError) -> [ClaimedDelivery] {
    // To SQLite a limit below zero is none.
    if limit <= 0 { return [] }
    return try await read { try Self.due(destination, limit, now, underWay, claimedAt: nil, $0) }
  }

  package func claim(
    destination: String, limit: Int, at now: Timestamp
  ) async throws(StorageError) -> [ClaimedDelivery] {
    if limit <= 0 { return [] }
    return try await write { database in
      let deliveries = try Self.due(destination, limit, now, [], claimedAt: now, database)
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
    _ destination: String, _ limit: Int, _ now: Timestamp, _ underWay: Set<Int64>, claimedAt: Timestamp?,
    _ database: Database
  ) throws -> [ClaimedDelivery] {
    let statement = try database.cachedStatement(sql: dueDeliveries)
    let rows = try Row.fetchCursor(
      statement, arguments: [destination, now.milliseconds, underWay.sqlList, limit])
    var found: [ClaimedDelivery] = []
    var bytes = 0
    while bytes < ClaimedDelivery.maxBytesAhead, let row = try rows.next() {
      let delivery = ClaimedDelivery(row, attempt: row[8] + 1, claimedAt)
      bytes += delivery.bytes
      found.append(delivery)
    }
    return found
  }

  /// What ``ClaimedDelivery`` is read from.
  static let selection = """
    SELECT d.sequence, d.id, d.event_id, d.run_id, d.rule, d.destination, d.kind,
      (SELECT bytes FROM contents WHERE delivery = d.sequence), d.attempts, d.created_at,
      d.timeout, d.retry_for, coalesce(d.retry_from, d.created_at), d.attempts_before,
      CASE WHEN d.kind != 'body' OR d.continues THEN (SELECT body FROM events WHERE id = d.event_id) END, d.defers,
      d.action, d.is_once, CASE WHEN d.continues THEN (SELECT bytes FROM continuations WHERE delivery = d.sequence) END,
      d.form, d.is_standard
    FROM deliveries d
    """

  static let dueDeliveries = """
    \(selection)
    WHERE d.status = 'pending' AND d.waits = 0 AND d.destination = ? AND d.next_attempt_at <= ?
      AND d.sequence NOT IN (SELECT value FROM json_each(?))
    ORDER BY d.next_attempt_at, d.sequence LIMIT ?
    """

  package func releaseClaims(at now: Timestamp) async throws(StorageError) -> Int {
    try await write { database in
      try database.execute(
        sql: """
          INSERT INTO attempts
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
      let sql = "\(Self.selection) WHERE d.status = 'claimed' AND d.is_once = 1 ORDER BY d.sequence"
      return try Row.fetchAll(database, sql: sql).map { row in
        // Its attempt was counted when it was claimed.
        try ClaimedDelivery(
          row, attempt: row[8],
          Int64.fetchOne(
            database, sql: "SELECT claimed_at FROM deliveries WHERE sequence = ?", arguments: [row[0] as Int64]
          ).map(Timestamp.init(milliseconds:)))
      }
    }
  }

  package func deadLetterBacklog(_ burial: BulkDeadLetter, at now: Timestamp) async throws(StorageError)
    -> [ClaimedDelivery]
  {
    if burial.limit <= 0 { return [] }
    return try await read { database in
      try Row.fetchAll(
        database,
        sql: """
          \(Self.selection)
          WHERE d.status = 'pending' AND d.continues = 1 AND d.destination = :destination
            AND coalesce(d.retry_from, d.created_at) + coalesce(d.retry_for, :age) < :now
            AND d.sequence NOT IN (SELECT value FROM json_each(:sparing))
          ORDER BY d.sequence LIMIT :limit
          """, arguments: burial.arguments(at: now)
      ).map { ClaimedDelivery($0, attempt: $0[8] + 1, nil) }
    }
  }
}

extension BulkDeadLetter {
  /// Of the statements that look for deadLetterBacklog.
  func arguments(at now: Timestamp) -> StatementArguments {
    [
      "destination": destination, "age": olderThan.milliseconds, "now": now.milliseconds, "sparing": sparing.sqlList,
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

extension ClaimedDelivery {
  /// Columns by number, in the order of the one statement that reads them: names cost a search each.
  init(_ row: Row, attempt: Int, _ claimedAt: Timestamp?) {
    self.init(
      sequence: row[0], id: row[1], eventID: row[2], runID: row[3], rule: row[4], action: row[16], destination: row[5],
      content: DeliveryContent(kind: row[6], content: row[7]), event: row.bytes(at: 14),
      continuation: row.optionalBytes(at: 18), isOnce: row[17], attempt: attempt,
      createdAt: Timestamp(milliseconds: row[9]), retryFrom: Timestamp(milliseconds: row[12]),
      attemptsBefore: row[13], claimedAt: claimedAt,
      timeout: (row[10] as Int64?).map { .milliseconds($0) }, retryFor: (row[11] as Int64?).map { .milliseconds($0) },
      defers: row[15], form: row[19], isStandard: row[20])
  }
}
