internal import Locking
internal import Logging
internal import Rules
internal import Runs
internal import Storage

/// Deliveries that die without an attempt, or because they may not have another.
extension Dispatcher {
  /// While a destination fails hardly anything is attempted, and what is too old for another attempt must end all the same.
  func giveUpTheOld(_ name: String, _ record: AttemptRecord) {
    lanes[name]?.dropQueue()
    let reason = "given up, the destination has failed until its time was over: \(record.outcome): \(record.detail)"
    addBurial(Burial(destination: name, reason: reason, olderThan: destinations[name]?.retryFor))
  }

  func addBurial(_ burial: Burial) {
    var burial = burial
    burial.sparing = lanes[burial.destination]?.underWay ?? []
    lanes[burial.destination]?.burials += 1
    ended.burials.append(burial)
    graves.append(burial)
  }

  static let onceCutOff = "cut off before it ended, and it must not run twice (\"once\")"

  /// Ends what the last process had begun, was killed in, and must not be made again.
  func giveUpCutOff() async throws {
    let now = time.now()
    let batch = SettlementBatch(
      try await store.cutOff().map { delivery in
        let record = AttemptRecord(
          number: delivery.attempt, startedAt: delivery.claimedAt ?? now, finishedAt: now,
          outcome: Outcome.interrupted.word, detail: Self.onceCutOff)
        return settled(delivery, reason: Self.onceCutOff, record, at: now)
      })
    guard !batch.isEmpty else { return }
    _ = try await store.settle(batch, at: now)
  }

  /// Ends one by one what burials have left, so that what comes after it begins.
  func dig() async throws {
    while let burial = graves.first {
      let now = time.now()
      var sparing = burial
      sparing.sparing.formUnion(lanes[burial.destination]?.underWay ?? [])
      let found = try await store.graves(sparing, at: now)
      guard !found.isEmpty else {
        graves.removeFirst()
        continue
      }
      let batch = SettlementBatch(found.map { settled($0, reason: burial.reason, nil, at: now) })
      if try await store.settle(batch, at: now).mayHaveFreed { hasNews.withLock { $0 = true } }
    }
  }

  private func settled(
    _ delivery: ClaimedDelivery, reason: String, _ record: AttemptRecord?, at now: Timestamp
  ) -> SettledAttempt {
    deadCount += 1
    report(delivery, .dead(reason: reason), at: delivery.attempt)
    let next = next(after: delivery, .dead(reason: reason), StepResult(), at: now)
    return SettledAttempt(delivery, .dead(reason: reason), record, next: next)
  }

  /// Ends what came for a destination that has stopped, and what the commit of its stop left.
  func bury(_ name: String) async throws {
    guard let lane = lanes[name], lane.hasGraves || lane.mayHaveMore, let reason = lane.stopReason else { return }
    lanes[name]?.hasGraves = false
    lanes[name]?.mayHaveMore = false
    var batch = SettlementBatch()
    batch.burials = [Burial(destination: name, reason: reason, sparing: lane.underWay)]
    let result = try await store.settle(batch, at: time.now())
    deadCount += result.buried
    graves += batch.burials
    guard result.buried > 0 else { return }
    lanes[name]?.hasGraves = true
    wakeUp.ring()
    log.error(
      "deliveries are dead, for their destination has stopped",
      metadata: ["destination": "\(name)", "deliveries": "\(result.buried)", "reason": "\(reason)"])
  }
}

extension DestinationLane {
  /// For the deliveries that die of it; nil: it isn't stopped.
  var stopReason: String? {
    gate.state.stoppedReason.map { "the destination has stopped: \($0)" }
  }
}
