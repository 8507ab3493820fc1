internal import Logging
internal import Runs
internal import Storage

/// Ends deliveries without an attempt.
struct DeadLetterWriter: Sendable {
  let store: any StateStore
  let reporter: DeliveryReporter

  /// All that a burial is for. Returns how many died, and whether others may go by that.
  func bury(
    _ burial: BulkDeadLetter, by plan: DeliveryPlan, at now: Timestamp
  ) async throws(StorageError) -> SettlementResult {
    var (all, buried) = (SettlementResult(), 0)
    while true {
      // Those that something comes after end one by one.
      let chained = try await store.deadLetterBacklog(burial, at: now)
      var batch = SettlementBatch(chained.map { plan.givenUp($0, reason: burial.reason, nil, at: now) })
      batch.burials = [burial]
      let result = try await settle(batch, at: now)
      buried += result.buried
      all.buried += result.buried + chained.count
      all.mayHaveFreed = all.mayHaveFreed || result.mayHaveFreed
      if result.buried < burial.limit, chained.count < burial.limit { break }
    }
    if buried > 0 { reporter.report(burial, buried) }
    return all
  }

  /// What the last process had begun, was killed in, and must not be made again.
  func endCutOff(by plan: DeliveryPlan, at now: Timestamp) async throws(StorageError) -> SettlementResult {
    let reason = DeliveryPlan.onceCutOff
    let batch = SettlementBatch(
      try await store.cutOff().map { delivery in
        let record = AttemptRecord(
          number: delivery.attempt, startedAt: delivery.claimedAt ?? now, finishedAt: now,
          outcome: Outcome.interrupted.word, detail: reason)
        return plan.givenUp(delivery, reason: reason, record, at: now)
      })
    guard !batch.isEmpty else { return SettlementResult() }
    var result = try await settle(batch, at: now)
    result.buried += batch.attempts.count
    return result
  }

  private func settle(_ batch: SettlementBatch, at now: Timestamp) async throws(StorageError) -> SettlementResult {
    for settled in batch.attempts {
      reporter.report(settled.delivery, settled.settlement, at: settled.delivery.attempt)
    }
    let result = try await store.settle(batch, at: now)
    reporter.count(batch, at: now)
    reporter.count(dead: result.buried)
    return result
  }
}
