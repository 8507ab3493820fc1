package import Runs
package import Storage

/// What is due, and taking it.
extension PostgresStore {
  package func dueTargets(at now: Timestamp) async throws(StorageError) -> DueTargets {
    try await readUnderLease { database in
      var due = DueTargets()
      let found = try database.all(Self.dueTargets(now), of: "deliveries", by: "destination") { row in
        (target: try row.target, isDue: try row.flag("is_due"), next: try row.optionalTime("next"))
      }
      due.targets = found.filter(\.isDue).map(\.target)
      due.next = found.compactMap(\.next).min()
      return due
    }
  }

  /// From one destination to the next in the index, whatever number of deliveries each of them has.
  static func dueTargets(_ now: Timestamp) -> Statement {
    """
    WITH RECURSIVE names (name) AS (
      (SELECT destination FROM vi_notify.deliveries WHERE status = 'pending' AND NOT waits ORDER BY destination LIMIT 1)
      UNION ALL
      SELECT (
        SELECT destination FROM vi_notify.deliveries
        WHERE status = 'pending' AND NOT waits AND destination > name ORDER BY destination LIMIT 1)
      FROM names WHERE name IS NOT NULL)
    SELECT n.name AS destination, f.lane, f.next_attempt_at <= \(now) AS is_due, (
      SELECT next_attempt_at FROM vi_notify.deliveries
      WHERE status = 'pending' AND NOT waits AND destination = n.name AND next_attempt_at > \(now)
      ORDER BY next_attempt_at, sequence LIMIT 1) AS next
    FROM names n JOIN LATERAL (
      SELECT lane, next_attempt_at FROM vi_notify.deliveries
      WHERE status = 'pending' AND NOT waits AND destination = n.name
      ORDER BY next_attempt_at, sequence LIMIT 1) f ON true
    """
  }

  package func due(
    destination: Target, limit: Int, at now: Timestamp, except underWay: Set<Int64>, after place: DuePlace?
  ) async throws(StorageError) -> [ClaimedDelivery] {
    if limit <= 0 { return [] }
    return try await readUnderLease { database in
      let statement = Self.dueDeliveries(destination, limit, now, underWay, after: place)
      return try database.all(statement.kept, of: "deliveries") { try ClaimedDelivery(next: $0) }
    }
  }

  package func claim(
    destination: Target, limit: Int, at now: Timestamp
  ) async throws(StorageError) -> [ClaimedDelivery] {
    if limit <= 0 { return [] }
    let (owner, worker) = (claimant, worker)
    let claimed = try await write { database in
      // What others are just taking is theirs.
      let free = try database.all(Self.claimable(destination, limit, now, at: worker), of: "deliveries", by: "sequence")
      {
        try $0.integer("sequence")
      }
      if free.isEmpty { return [ClaimedDelivery]() }
      let deliveries = try database.all(
        Self.firstOf(limit, "d.status = 'pending' AND d.sequence = ANY (\(free))"), of: "deliveries"
      ) { try ClaimedDelivery(next: $0, claimedAt: now) }
      let count = try database.execute(
        """
        UPDATE vi_notify.deliveries
        SET status = 'claimed', attempts = attempts + 1, next_attempt_at = NULL, claimed_at = \(now), claimed_by = \(owner)
        WHERE sequence = ANY (\(deliveries.map(\.sequence))) AND status = 'pending'
        """)
      guard count == deliveries.count else { throw StorageError.notClaimed(deliveries.first?.id ?? "") }
      return deliveries
    }
    try await confirm()
    return claimed
  }

  /// Whose the claims are; nil: those of the only process that there is.
  private var claimant: Int64? { shares ? membership?.id : nil }

  /// Of what others share; nil: everything is done on this machine.
  var worker: String? { shares ? membership?.worker : nil }

  /// - Parameter worker: nothing that is to be done on another machine.
  static func claimable(_ destination: Target, _ limit: Int, _ now: Timestamp, at worker: String?) -> Statement {
    let isHere: Statement = worker.map { "AND (worker IS NULL OR worker = \($0))" } ?? ""
    return """
      SELECT sequence FROM vi_notify.deliveries
      WHERE status = 'pending' AND NOT waits AND destination = \(destination.name) AND next_attempt_at <= \(now) \(isHere)
      ORDER BY next_attempt_at, sequence LIMIT \(limit) FOR UPDATE SKIP LOCKED
      """
  }

  static func dueDeliveries(
    _ destination: Target, _ limit: Int, _ now: Timestamp, _ underWay: Set<Int64>, after place: DuePlace?
  ) -> Statement {
    // While somebody's transaction keeps an old snapshot, what has ended stays in the index, in front of what waits.
    let isLater: Statement = place.map { "AND (d.next_attempt_at, d.sequence) > (\($0.dueAt), \($0.sequence))" } ?? ""
    return firstOf(
      limit,
      """
      d.status = 'pending' AND NOT d.waits AND d.destination = \(destination.name) AND d.next_attempt_at <= \(now) \(isLater)
      AND d.sequence != ALL (\(underWay))
      """)
  }

  /// No more than fit into the memory that is meant for them; the server knows their lengths without reading them.
  private static func firstOf(_ limit: Int, _ condition: Statement) -> Statement {
    """
    SELECT * FROM (
      SELECT *, sum(coalesce(octet_length(content), 0) + coalesce(octet_length(event), 0)
          + coalesce(octet_length(continuation), 0))
        OVER (ORDER BY next_attempt_at, sequence ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ahead
      FROM (
        \(ClaimedDelivery.selection) WHERE \(condition) ORDER BY d.next_attempt_at, d.sequence LIMIT \(limit)) AS found)
      AS counted
    WHERE coalesce(ahead, 0) < \(ClaimedDelivery.maxBytesAhead) ORDER BY next_attempt_at, sequence
    """
  }

  package func releaseClaims(at now: Timestamp) async throws(StorageError) -> Int {
    return try await write { database in
      let left = try database.all(
        """
        SELECT sequence FROM vi_notify.deliveries WHERE \(Self.isOrphan) AND NOT is_once ORDER BY sequence FOR UPDATE
        """, of: "deliveries", by: "sequence"
      ) { try $0.integer("sequence") }
      try database.execute(
        """
        INSERT INTO vi_notify.attempts (delivery, number, started_at, finished_at, outcome, code, detail, output)
        SELECT sequence, attempts, claimed_at, \(now), 'interrupted', NULL, 'vi-notify ended before the answer was known', ''
        FROM vi_notify.deliveries WHERE sequence = ANY (\(left))
        """)
      return try database.execute(
        """
        UPDATE vi_notify.deliveries SET status = 'pending', next_attempt_at = \(now), claimed_at = NULL, claimed_by = NULL
        WHERE sequence = ANY (\(left))
        """)
    }
  }

  /// Claimed by a process that is no more.
  static let isOrphan: Statement = """
    status = 'claimed' AND (claimed_by IS NULL OR claimed_by NOT IN (SELECT id FROM vi_notify.members))
    """

  package func cutOff() async throws(StorageError) -> [ClaimedDelivery] {
    try await read { database in
      try database.all(
        "\(ClaimedDelivery.selection) WHERE \(Self.isOrphan) AND d.is_once ORDER BY d.sequence", of: "deliveries"
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
