internal import GRDB
package import Runs
package import Storage

/// How attempts end.
extension SQLiteStore {
  package func settle(_ batch: SettlementBatch, at now: Timestamp) async throws(StorageError) -> SettlementResult {
    let result = try await write { database in
      var result = SettlementResult()
      if try Self.settle(batch.attempts, at: now, database) { result.mayHaveFreed = true }
      for state in batch.destinations { try Self.put(state, database) }
      for burial in batch.burials {
        let count = try Self.bury(burial, at: now, database)
        result.buried += count
        if count > 0 { result.mayHaveFreed = true }
      }
      for destination in batch.releases.sorted() where try Self.release(destination, at: now, database) {
        result.mayHaveFreed = true
      }
      for new in batch.events where try Self.insert(new.event, seenAt: now, rules: nil, database) {
        if try Self.insertDeliveries(of: new, now, database) > 0 { result.mayHaveFreed = true }
      }
      return result
    }
    if batch.events.contains(where: { !$0.digests.isEmpty }) { board.post(.digest) }
    return result
  }

  /// True when others may go now that these have ended.
  private static func settle(_ attempts: [SettledAttempt], at now: Timestamp, _ database: Database) throws -> Bool {
    let (update, insert) = (
      try database.cachedStatement(sql: end),
      try database.cachedStatement(
        sql: """
          INSERT INTO attempts (delivery, number, started_at, finished_at, outcome, code, detail, output)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """)
    )
    var waited: [Target: Bool] = [:]
    var hasFreed = false
    for settled in attempts {
      let delivery = settled.delivery
      for posted in settled.posted { try Self.put(posted, at: now, database) }
      if settled.settlement == .interrupted, delivery.claimedAt == nil { continue }
      guard try end(settled, at: settled.record?.finishedAt ?? now, update, database) else { continue }
      if settled.settlement == .interrupted { continue }
      if let record = settled.record { try log(record, of: delivery.sequence, insert) }
      if settled.settlement.isRepeated { continue }
      for step in settled.next where try Self.insert(step, event: delivery.eventID, run: delivery.runID, now, database)
      {
        hasFreed = true
        // It may wait itself, for one that ends further down.
        waited[step.destination] = nil
      }
      let destination = delivery.destination
      let waits = try waited[destination] ?? somethingWaits(for: destination, database)
      waited[destination] = waits
      if waits, try free(run: delivery.runID, destination: destination.name, database) { hasFreed = true }
    }
    return hasFreed
  }

  /// Mostly nothing does, and then it needn't be looked for by run.
  private static func somethingWaits(for destination: Target, _ database: Database) throws -> Bool {
    let statement = try database.cachedStatement(sql: waiting)
    return try Bool.fetchOne(statement, arguments: [destination.name]) ?? false
  }

  static let waiting = """
    SELECT EXISTS (SELECT 1 FROM deliveries WHERE status = 'pending' AND waits = 1 AND destination = ?)
    """

  private static let end = """
    UPDATE deliveries SET status = ?, next_attempt_at = ?, delay = ?, reason = iif(?, reason, ?), attempts = ?,
      settled_at = ?, claimed_at = NULL, waits = 0
    WHERE sequence = ? AND id = ? AND status = ? AND attempts = ? AND claimed_at IS ? AND destination = ?
    """

  /// A compare-and-set: what was only read must still be pending with as many attempts, what was claimed must be so by this
  /// claim, and not by a later one that has the same number.
  ///
  /// - Returns: false when somebody has sent it elsewhere meanwhile: then this end means nothing to it.
  private static func end(
    _ settled: SettledAttempt, at now: Timestamp, _ update: Statement, _ database: Database
  ) throws -> Bool {
    let delivery = settled.delivery
    let made = settled.record == nil && delivery.claimedAt == nil ? delivery.attempt - 1 : delivery.attempt
    let (status, next, reason, count): (DeliveryStatus, Timestamp?, String?, Int) =
      switch settled.settlement {
      case .delivered: (.delivered, nil, nil, made)
      case .retry(let next, let reason), .deferred(let next, let reason): (.pending, next, reason, made)
      case .dead(let reason): (.dead, nil, reason, made)
      case .interrupted: (.pending, now, nil, delivery.attempt - 1)
      }
    try update.execute(arguments: [
      status.rawValue, next?.milliseconds, settled.settlement.delay, settled.settlement == .interrupted, reason, count,
      status == .pending ? nil : now.milliseconds, delivery.sequence, delivery.id,
      (delivery.claimedAt == nil ? DeliveryStatus.pending : .claimed).rawValue,
      delivery.claimedAt == nil ? delivery.attempt - 1 : delivery.attempt, delivery.claimedAt?.milliseconds,
      delivery.destination.name,
    ])
    if database.changesCount == 1 { return true }
    let now = try database.texts(
      "SELECT destination AS name FROM deliveries WHERE sequence = ? AND id = ?", [delivery.sequence, delivery.id],
      of: "deliveries"
    ).first
    guard let now, now != delivery.destination.name else { throw StorageError.notClaimed(delivery.id) }
    return false
  }

  private static func log(_ attempt: AttemptRecord, of sequence: Int64, _ insert: Statement) throws {
    try insert.execute(arguments: [
      sequence, attempt.number, attempt.startedAt.milliseconds, attempt.finishedAt.milliseconds, attempt.outcome,
      attempt.code, attempt.detail, attempt.output,
    ])
  }

  /// Lets those go that waited only for what has ended: from the first that is not settled all that belong to its event.
  static func free(run: String, destination: String, _ database: Database) throws -> Bool {
    let rows = StoredRows(
      try Row.fetchCursor(database.cachedStatement(sql: unsettled), arguments: [run, destination]), of: "deliveries")
    var (event, waiting) = (String?.none, [Int64]())
    while let row = try rows.next() {
      let its = try row.text("event_id")
      guard event == nil || its == event else { break }
      event = its
      if try row.flag("waits") { waiting.append(try row.integer("sequence")) }
    }
    let release = try database.cachedStatement(sql: "UPDATE deliveries SET waits = 0 WHERE sequence = ?")
    for sequence in waiting { try release.execute(arguments: [sequence]) }
    return !waiting.isEmpty
  }

  static let unsettled = """
    SELECT sequence, id, event_id, waits FROM deliveries
    WHERE run_id = ? AND destination = ? AND status IN ('pending', 'claimed') ORDER BY sequence
    """
}

extension Settlement {
  /// Of the row: why it isn't due at once.
  fileprivate var delay: String? {
    switch self {
    case .retry: "backoff"
    case .deferred: "quiet"
    case .delivered, .dead, .interrupted: nil
    }
  }
}
