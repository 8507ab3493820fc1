package import Runs
package import Storage

/// How attempts end.
extension PostgresStore {
  package func settle(_ batch: SettlementBatch, at now: Timestamp) async throws(StorageError) -> SettlementResult {
    let result = try await write { [worker] database in
      var result = SettlementResult()
      try Self.queueUp(batch.attempts, database)
      if try Self.settle(batch.attempts, on: worker, at: now, database) { result.mayHaveFreed = true }
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
    if result.mayHaveFreed { channel?.tell() }
    return result
  }

  /// What is claimed may end in several processes at once: of a run's last two each would see the other as unfinished, and nobody would
  /// let go what waits behind both. So one goes after the other, in the same order everywhere.
  private static func queueUp(_ attempts: [SettledAttempt], _ database: PostgresConnection) throws {
    let places = Set(
      attempts.lazy.map(\.delivery).filter { $0.claimedAt != nil }.map { "\($0.runID)\u{1F}\($0.destination.name)" })
    guard !places.isEmpty else { return }
    _ = try database.run(
      """
      SELECT pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT hashtextextended(place, 7640) AS key FROM unnest(\(places.sorted())::text[]) AS place ORDER BY key) AS keys
      """)
  }

  /// True when others may go now that these have ended.
  private static func settle(
    _ attempts: [SettledAttempt], on worker: String?, at now: Timestamp, _ database: PostgresConnection
  ) throws -> Bool {
    var waited: [Target: Bool] = [:]
    var hasFreed = false
    for settled in attempts {
      let delivery = settled.delivery
      for posted in settled.posted { try put(posted, at: now, database) }
      if settled.settlement == .interrupted, delivery.claimedAt == nil { continue }
      guard try end(settled, at: settled.record?.finishedAt ?? now, database) else { continue }
      if settled.settlement.isRepeated || settled.settlement == .interrupted { continue }
      let place = try settled.next.isEmpty ? nil : Self.place(after: settled, on: worker, database)
      for step in settled.next
      where try insert(step, event: delivery.eventID, run: delivery.runID, on: place, now, database) {
        hasFreed = true
        // It may wait itself, for one that ends further down.
        waited[step.destination] = nil
      }
      let destination = delivery.destination
      let waits = try waited[destination] ?? database.finds(waiting(destination))
      waited[destination] = waits
      if waits, try free(run: delivery.runID, destination: destination.name, database) { hasFreed = true }
    }
    return hasFreed
  }

  /// The machine on which the next steps are done; nil: any. Files are where they were downloaded.
  private static func place(
    after settled: SettledAttempt, on worker: String?, _ database: PostgresConnection
  ) throws -> String? {
    guard let worker else { return nil }
    if case .download = settled.delivery.content, settled.settlement == .delivered { return worker }
    return try database.first(
      "SELECT sequence, worker FROM vi_notify.deliveries WHERE sequence = \(settled.delivery.sequence)",
      of: "deliveries", by: "sequence"
    ) { try $0.optionalText("worker") } ?? nil
  }

  /// Mostly nothing does, and then it needn't be looked for by run.
  static func waiting(_ destination: Target) -> Statement {
    "SELECT 1 FROM vi_notify.deliveries WHERE status = 'pending' AND waits AND destination = \(destination.name) LIMIT 1"
  }

  /// A compare-and-set: what was only read must still be pending with as many attempts, what was claimed must be so by this
  /// claim, and not by a later one that has the same number. What is kept of the attempt goes with it, in one statement.
  ///
  /// - Returns: false when somebody has sent it elsewhere meanwhile: then this end means nothing to it.
  private static func end(_ settled: SettledAttempt, at now: Timestamp, _ database: PostgresConnection) throws -> Bool {
    let delivery = settled.delivery
    let ended = try database.finds("WITH ended AS (\(update(settled, at: now))) \(log(settled)) SELECT 1 FROM ended")
    if ended { return true }
    let now = try database.texts(
      "SELECT destination AS name FROM vi_notify.deliveries WHERE sequence = \(delivery.sequence) AND id = \(delivery.id)",
      of: "deliveries"
    ).first
    guard let now, now != delivery.destination.name else { throw StorageError.notClaimed(delivery.id) }
    return false
  }

  private static func update(_ settled: SettledAttempt, at now: Timestamp) -> Statement {
    let delivery = settled.delivery
    let made = settled.record == nil && delivery.claimedAt == nil ? delivery.attempt - 1 : delivery.attempt
    let (status, next, reason, count): (DeliveryStatus, Timestamp?, String?, Int) =
      switch settled.settlement {
      case .delivered: (.delivered, nil, nil, made)
      case .retry(let next, let reason), .deferred(let next, let reason): (.pending, next, reason, made)
      case .dead(let reason): (.dead, nil, reason, made)
      case .interrupted: (.pending, now, nil, delivery.attempt - 1)
      }
    return """
      UPDATE vi_notify.deliveries SET status = \(status.rawValue), next_attempt_at = \(next),
        delay = \(settled.settlement.delay),
        reason = CASE WHEN \(settled.settlement == .interrupted) THEN reason ELSE \(reason) END, attempts = \(count),
        settled_at = \(status == .pending ? nil : now), claimed_at = NULL, claimed_by = NULL, waits = false
      WHERE sequence = \(delivery.sequence) AND id = \(delivery.id)
        AND status = \((delivery.claimedAt == nil ? DeliveryStatus.pending : .claimed).rawValue)
        AND attempts = \(delivery.claimedAt == nil ? delivery.attempt - 1 : delivery.attempt)
        AND claimed_at IS NOT DISTINCT FROM \(delivery.claimedAt) AND destination = \(delivery.destination.name)
      RETURNING sequence
      """
  }

  /// A further part of the statement that ends a delivery.
  private static func log(_ settled: SettledAttempt) -> Statement {
    guard let attempt = settled.record, settled.settlement != .interrupted else { return "" }
    return """
      , logged AS (
        INSERT INTO vi_notify.attempts (delivery, number, started_at, finished_at, outcome, code, detail, output)
        SELECT sequence, \(attempt.number), \(attempt.startedAt), \(attempt.finishedAt), \(attempt.outcome),
          \(attempt.code.map(Int64.init)), \(attempt.detail), \(attempt.output) FROM ended)
      """
  }

  /// Lets those go that waited only for what has ended: from the first that is not settled all that belong to its event.
  static func free(run: String, destination: String, _ database: PostgresConnection) throws -> Bool {
    try database.execute(freed(run: run, destination: destination)) > 0
  }

  static func freed(run: String, destination: String) -> Statement {
    """
    UPDATE vi_notify.deliveries SET waits = false WHERE sequence IN (
      WITH unsettled AS MATERIALIZED (
        SELECT sequence, event_id, waits FROM vi_notify.deliveries
        WHERE run_id = \(run) AND destination = \(destination) AND status IN ('pending', 'claimed') ORDER BY sequence)
      SELECT sequence FROM unsettled u WHERE waits
        AND event_id = (SELECT event_id FROM unsettled ORDER BY sequence LIMIT 1)
        AND NOT EXISTS (SELECT 1 FROM unsettled e WHERE e.sequence < u.sequence AND e.event_id != u.event_id))
    """
  }
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
