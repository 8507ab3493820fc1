package import Runs
package import Storage

/// What is due, and taking it.
extension PostgresStore {
  package func destinationsDue(at now: Timestamp) async throws(StorageError) -> [Target] {
    try await readUnderLease { database in
      try database.all(Self.dueDestinations(now), of: "deliveries", by: "destination") { try $0.target }
    }
  }

  /// From one destination to the next in the index, whatever number of deliveries each of them has.
  private static let waitingDestinations: Statement = """
    WITH RECURSIVE names (name) AS (
      (SELECT destination FROM vi_notify.deliveries WHERE status = 'pending' AND NOT waits ORDER BY destination LIMIT 1)
      UNION ALL
      SELECT (
        SELECT destination FROM vi_notify.deliveries
        WHERE status = 'pending' AND NOT waits AND destination > name ORDER BY destination LIMIT 1)
      FROM names WHERE name IS NOT NULL)
    """

  static func dueDestinations(_ now: Timestamp) -> Statement {
    """
    \(waitingDestinations)
    SELECT n.name AS destination, f.lane FROM names n JOIN LATERAL (
      SELECT lane, next_attempt_at FROM vi_notify.deliveries
      WHERE status = 'pending' AND NOT waits AND destination = n.name
      ORDER BY next_attempt_at, sequence LIMIT 1) f ON f.next_attempt_at <= \(now)
    """
  }

  package func nextDue(after now: Timestamp) async throws(StorageError) -> Timestamp? {
    try await read { database in
      try database.moment(Self.nextMoment(now), of: "deliveries")
    }
  }

  static func nextMoment(_ now: Timestamp) -> Statement {
    """
    \(waitingDestinations)
    SELECT min(f.next_attempt_at) AS moment FROM names n JOIN LATERAL (
      SELECT next_attempt_at FROM vi_notify.deliveries
      WHERE status = 'pending' AND NOT waits AND destination = n.name AND next_attempt_at > \(now)
      ORDER BY next_attempt_at, sequence LIMIT 1) f ON true
    """
  }

  package func due(
    destination: Target, limit: Int, at now: Timestamp, except underWay: Set<Int64>
  ) async throws(StorageError) -> [ClaimedDelivery] {
    if limit <= 0 { return [] }
    return try await readUnderLease { try Self.due(destination, limit, now, underWay, claimedAt: nil, $0) }
  }

  package func claim(
    destination: Target, limit: Int, at now: Timestamp
  ) async throws(StorageError) -> [ClaimedDelivery] {
    if limit <= 0 { return [] }
    let claimed = try await write { database in
      let deliveries = try Self.due(destination, limit, now, [], claimedAt: now, database)
      let count = try database.execute(
        """
        UPDATE vi_notify.deliveries
        SET status = 'claimed', attempts = attempts + 1, next_attempt_at = NULL, claimed_at = \(now)
        WHERE sequence = ANY (\(deliveries.map(\.sequence))) AND status = 'pending'
        """)
      guard count == deliveries.count else { throw StorageError.notClaimed(deliveries.first?.id ?? "") }
      return deliveries
    }
    try await confirm()
    return claimed
  }

  private static func due(
    _ destination: Target, _ limit: Int, _ now: Timestamp, _ underWay: Set<Int64>, claimedAt: Timestamp?,
    _ database: PostgresConnection
  ) throws -> [ClaimedDelivery] {
    try database.all(dueDeliveries(destination, limit, now, underWay), of: "deliveries") {
      try ClaimedDelivery(next: $0, claimedAt: claimedAt)
    }
  }

  /// No more than fit into the memory that is meant for them; the server knows their lengths without reading them.
  static func dueDeliveries(_ destination: Target, _ limit: Int, _ now: Timestamp, _ underWay: Set<Int64>) -> Statement
  {
    """
    SELECT * FROM (
      SELECT *, sum(coalesce(octet_length(content), 0) + coalesce(octet_length(event), 0)
          + coalesce(octet_length(continuation), 0))
        OVER (ORDER BY next_attempt_at, sequence ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ahead
      FROM (
        \(ClaimedDelivery.selection)
        WHERE d.status = 'pending' AND NOT d.waits AND d.destination = \(destination.name) AND d.next_attempt_at <= \(now)
          AND d.sequence != ALL (\(underWay))
        ORDER BY d.next_attempt_at, d.sequence LIMIT \(limit)) AS found) AS counted
    WHERE coalesce(ahead, 0) < \(ClaimedDelivery.maxBytesAhead) ORDER BY next_attempt_at, sequence
    """
  }

  package func releaseClaims(at now: Timestamp) async throws(StorageError) -> Int {
    try await write { database in
      try database.execute(
        """
        INSERT INTO vi_notify.attempts (delivery, number, started_at, finished_at, outcome, code, detail, output)
        SELECT sequence, attempts, claimed_at, \(now), 'interrupted', NULL, 'vi-notify ended before the answer was known', ''
        FROM vi_notify.deliveries WHERE status = 'claimed' AND NOT is_once
        """)
      return try database.execute(
        """
        UPDATE vi_notify.deliveries SET status = 'pending', next_attempt_at = \(now), claimed_at = NULL
        WHERE status = 'claimed' AND NOT is_once
        """)
    }
  }

  package func cutOff() async throws(StorageError) -> [ClaimedDelivery] {
    try await read { database in
      try database.all(
        "\(ClaimedDelivery.selection) WHERE d.status = 'claimed' AND d.is_once ORDER BY d.sequence", of: "deliveries"
      ) { row in
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
        WHERE d.status = 'pending' AND d.continues AND d.destination = \(burial.destination.name)
          AND coalesce(d.retry_from, d.created_at) + coalesce(d.retry_for, \(burial.olderThan)) < \(now)
          AND d.sequence != ALL (\(burial.sparing))
        ORDER BY d.sequence LIMIT \(burial.limit)
        """, of: "deliveries"
      ) { try ClaimedDelivery(next: $0) }
    }
  }
}
