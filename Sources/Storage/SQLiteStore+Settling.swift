internal import GRDB
package import Runs

/// How attempts end.
extension SQLiteStore {
  package func settle(_ batch: SettlementBatch, at now: Timestamp) async throws(StorageError) -> SettlementResult {
    try await write { database in
      var result = SettlementResult()
      for settled in batch.attempts {
        if try Self.settle(settled, database) { result.mayHaveFreed = true }
      }
      for state in batch.destinations { try Self.put(state, database) }
      for burial in batch.burials {
        let count = try Self.bury(burial, at: now, database)
        result.buried += count
        if count > 0 { result.mayHaveFreed = true }
      }
      for new in batch.events where try Self.insert(new.event, seenAt: now, rules: nil, database) {
        if try Self.insertDeliveries(of: new, now, database) > 0 { result.mayHaveFreed = true }
      }
      return result
    }
  }

  /// True when others may go now that this one has ended.
  private static func settle(_ settled: SettledAttempt, _ database: Database) throws -> Bool {
    let delivery = settled.delivery
    if settled.settlement == .interrupted, delivery.claimedAt == nil { return false }
    try update(settled, database)
    if settled.settlement == .interrupted { return false }
    try insert(settled.record, of: delivery.sequence, database)
    if case .retry = settled.settlement { return false }
    return try free(run: delivery.runID, destination: delivery.destination, database)
  }

  /// A compare-and-set: what was only read must still be pending with as many attempts, what was claimed must be so by this
  /// claim, and not by a later one that has the same number.
  private static func update(_ settled: SettledAttempt, _ database: Database) throws {
    let (delivery, now) = (settled.delivery, settled.record.finishedAt)
    let (status, next, reason, count): (DeliveryStatus, Timestamp?, String?, Int) =
      switch settled.settlement {
      case .delivered: (.delivered, nil, nil, delivery.attempt)
      case .retry(let next, let reason): (.pending, next, reason, delivery.attempt)
      case .dead(let reason): (.dead, nil, reason, delivery.attempt)
      case .interrupted: (.pending, now, nil, delivery.attempt - 1)
      }
    let statement = try database.cachedStatement(
      sql: """
        UPDATE deliveries SET status = ?, next_attempt_at = ?, reason = iif(?, reason, ?), attempts = ?, settled_at = ?,
          claimed_at = NULL
        WHERE sequence = ? AND id = ? AND status = ? AND attempts = ? AND claimed_at IS ?
        """)
    try statement.execute(arguments: [
      status.rawValue, next?.milliseconds, settled.settlement == .interrupted, reason, count,
      status == .pending ? nil : now.milliseconds, delivery.sequence, delivery.id,
      (delivery.claimedAt == nil ? DeliveryStatus.pending : .claimed).rawValue,
      delivery.claimedAt == nil ? delivery.attempt - 1 : delivery.attempt, delivery.claimedAt?.milliseconds,
    ])
    guard database.changesCount == 1 else { throw StorageError.notClaimed(delivery.id) }
  }

  private static func insert(_ attempt: AttemptRecord, of sequence: Int64, _ database: Database) throws {
    let statement = try database.cachedStatement(sql: "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    try statement.execute(arguments: [
      sequence, attempt.number, attempt.startedAt.milliseconds, attempt.finishedAt.milliseconds, attempt.outcome,
      attempt.code, attempt.detail, attempt.output,
    ])
  }

  /// Lets those go that waited only for what has ended: from the first that is not settled all that belong to its event.
  static func free(run: String, destination: String, _ database: Database) throws -> Bool {
    let rows = try Row.fetchCursor(database.cachedStatement(sql: unsettled), arguments: [run, destination])
    var (event, waiting) = (String?.none, [Int64]())
    while let row = try rows.next() {
      let its: String = row[1]
      guard event == nil || its == event else { break }
      event = its
      if row[2] as Int == 1 { waiting.append(row[0]) }
    }
    let release = try database.cachedStatement(sql: "UPDATE deliveries SET waits = 0 WHERE sequence = ?")
    for sequence in waiting { try release.execute(arguments: [sequence]) }
    return !waiting.isEmpty
  }

  static let unsettled = """
    SELECT sequence, event_id, waits FROM deliveries
    WHERE run_id = ? AND destination = ? AND status IN ('pending', 'claimed') ORDER BY sequence
    """
}
