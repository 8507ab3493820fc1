internal import Locking
internal import Logging
internal import Rules
internal import Runs
internal import Storage

/// Deliveries that die without an attempt, or because they may not have another.
extension Dispatcher {
  /// Between two looks for what is too old.
  private static let betweenExpiries: Duration = .seconds(60)

  /// Ends what has waited longer than it may for a destination that fails, has stopped, or isn't in the rules file: there
  /// hardly anything is attempted, and elsewhere it is an attempt that ends the old.
  func giveUpTheOld() async throws {
    let uptime = time.uptime()
    if let next = nextExpiry, uptime < next { return }
    nextExpiry = uptime + Self.betweenExpiries
    for name in missing {
      try await giveUpTheOld(name, "given up, the rules file had no destination \(name) until its time was over")
    }
    if !missing.isEmpty { try await countHomeless() }
    for (name, queue) in queues where queue.gate.isFailing && !queue.isRetired {
      let failure = queue.lastFailure.map { ": \($0)" } ?? ""
      let reason =
        queue.gate.state.stoppedReason.map { "has been stopped until its time was over: \($0)" }
        ?? "has failed until its time was over\(failure)"
      try await giveUpTheOld(name, "given up, the destination \(reason)")
    }
  }

  /// When to look for that again; nil: nothing can be too old.
  func expiry(at now: Timestamp) -> Timestamp? {
    guard let nextExpiry, !missing.isEmpty || queues.values.contains(where: { $0.gate.isFailing }) else { return nil }
    // Moments have whole milliseconds: rounded down, it would be before that time.
    return now + max(.zero, nextExpiry - time.uptime()) + .milliseconds(1)
  }

  private func giveUpTheOld(_ name: Target, _ reason: String) async throws {
    queues[name]?.dropQueue()
    let now = time.now()
    let burial = BulkDeadLetter(
      destination: name, reason: reason, olderThan: configuration.retryFor(name), sparing: queues[name]?.underWay ?? [])
    var buried = 0
    while true {
      // Those that something comes after end one by one.
      let chained = try await store.deadLetterBacklog(burial, at: now)
      var batch = SettlementBatch(chained.map { settled($0, reason: reason, nil, at: now) })
      batch.burials = [burial]
      let result = try await store.settle(batch, at: now)
      buried += result.buried
      count(dead: result.buried)
      if result.mayHaveFreed { hasNews.withLock { $0 = true } }
      if result.buried < burial.limit, chained.count < burial.limit { break }
    }
    guard buried > 0 else { return }
    log.error(
      "deliveries are dead, for their time was over before their destination could be used",
      metadata: ["destination": "\(name)", "deliveries": "\(buried)", "reason": "\(reason)"])
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

  private func settled(
    _ delivery: ClaimedDelivery, reason: String, _ record: AttemptRecord?, at now: Timestamp
  ) -> SettledAttempt {
    count(dead: 1)
    report(delivery, .dead(reason: reason), at: delivery.attempt)
    let next = next(after: delivery, .dead(reason: reason), StepResult(), at: now)
    return SettledAttempt(delivery, .dead(reason: reason), record, next: next)
  }
}
