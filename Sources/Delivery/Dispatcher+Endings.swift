internal import Locking
internal import Logging
internal import Rules
internal import Runs
internal import Secrets
internal import Storage

/// What happens when an attempt has ended.
extension Dispatcher {
  /// Answers that are known and not durable yet, over all destinations: what a kill repeats beside what is under way.
  static let mostUnwritten = 128

  func attempt(_ delivery: ClaimedDelivery) async -> AttemptResult {
    switch delivery.content {
    case .hook(let call): return await hookSender.attempt(delivery, call)
    case .download(let call):
      guard let models else {
        return AttemptResult(outcome: .rejected(.notConfigured), detail: "there is no source to download from")
      }
      return await models.attempt(delivery, call)
    case .event, .body: break
    }
    guard let destination = destinations[delivery.destination] else {
      return AttemptResult(
        outcome: .rejected(.notConfigured), detail: "the rules file has no destination \(delivery.destination) any more"
      )
    }
    return await requests.attempt(delivery, to: destination)
  }

  /// Frees the slot, and puts what is to be written down where the next commit finds it.
  func end(_ start: DestinationLane.Start, _ result: AttemptResult) {
    let (delivery, now) = (start.delivery, time.now())
    var result = result
    (result.detail, result.output) = (redactor.redact(result.detail), redactor.redact(result.output))
    result.step.stdout = result.step.stdout.map(redactor.redact)
    let record = AttemptRecord(
      number: delivery.attempt, startedAt: start.startedAt, finishedAt: now, outcome: result.outcome.word,
      code: result.code, detail: result.detail, output: result.output)
    let before = lanes[delivery.destination]?.gate.state
    let changed = lanes[delivery.destination]?.gate.end(start.pass, result, at: now, randomness: .random(in: 0..<1))
    if changed == true, let before { note(delivery.destination, before, at: now) }
    if start.pass == .probe, case .retry = result.outcome { giveUpTheOld(delivery.destination, record) }
    let settlement = settlement(of: delivery, result, record)
    report(delivery, settlement, at: record.number)
    if settlement == .interrupted, delivery.claimedAt == nil {
      lanes[delivery.destination]?.release(delivery.sequence)
      lanes[delivery.destination]?.mayHaveMore = true
    } else {
      let next = next(after: delivery, settlement, result.step, at: now)
      ended.attempts.append(SettledAttempt(delivery, settlement, record, next: next))
    }
  }

  /// The steps that begin now: they are written down in the same commit as the end of this one.
  private func next(
    after delivery: ClaimedDelivery, _ settlement: Settlement, _ result: StepResult, at now: Timestamp
  ) -> [NewDelivery] {
    guard let continuation = delivery.continuation else { return [] }
    let step = SettledStep(
      id: delivery.id, rule: delivery.rule, label: delivery.action, eventID: delivery.eventID, event: delivery.event,
      continuation: continuation)
    switch settlement {
    case .delivered: return steps(step, result, nil, now)
    case .dead(let reason): return steps(step, result, reason, now)
    case .retry, .interrupted: return []
    }
  }

  private func settlement(
    of delivery: ClaimedDelivery, _ result: AttemptResult, _ record: AttemptRecord
  ) -> Settlement {
    let why = record.detail.isEmpty ? record.outcome : "\(record.outcome): \(record.detail)"
    switch result.outcome {
    case .delivered: return .delivered
    case .interrupted where delivery.isOnce: return .dead(reason: Self.onceCutOff)
    case .interrupted: return .interrupted
    case .rejected: return .dead(reason: why)
    case .retry(let reason, let after):
      if let reason = lanes[delivery.destination]?.stopReason { return .dead(reason: reason) }
      let retryFor = retryFor(delivery)
      let next = RetryPolicy(retryFor: retryFor, pace: reason == .notReady ? .waiting : .failing).next(
        after: delivery.attempt - delivery.attemptsBefore, createdAt: delivery.retryFrom, now: record.finishedAt,
        retryAfter: after,
        randomness: .random(in: 0..<1))
      guard let next else { return .dead(reason: "given up after \(retryFor.words): \(why)") }
      let quiet = delivery.defers ? destinations[delivery.destination]?.quiet : nil
      return .retry(at: quiet?.end(at: next) ?? next, reason: why)
    }
  }

  private func retryFor(_ delivery: ClaimedDelivery) -> Duration {
    delivery.retryFor ?? destinations[delivery.destination]?.retryFor ?? .seconds(72 * 3600)
  }

  /// The state of a destination is another one: it is written together with what caused it.
  private func note(_ name: String, _ before: DestinationState, at now: Timestamp) {
    guard let lane = lanes[name] else { return }
    ended.destinations.removeAll { $0.name == name }
    ended.destinations.append(lane.gate.state)
    report(lane.gate.state, before)
    // A stop is its last state: this is told once.
    guard let reason = lane.stopReason else { return }
    lanes[name]?.dropQueue()
    lanes[name]?.hasGraves = true
    addBurial(Burial(destination: name, reason: reason))
    if let event = onStop(name, reason, now) { ended.events.append(event) }
  }

  private func report(_ state: DestinationState, _ before: DestinationState) {
    var metadata: Logger.Metadata = ["destination": "\(state.name)"]
    if let reason = state.stoppedReason {
      metadata["reason"] = "\(reason)"
      log.error("destination has stopped, nothing is sent there until its configuration changes", metadata: metadata)
    } else if let next = state.nextProbeAt, before.nextProbeAt == nil {
      metadata["failures"] = "\(state.failures)"
      metadata["next"] = "\(next.iso8601)"
      log.warning("destination fails, from now on one delivery at a time probes it", metadata: metadata)
    } else if state.nextProbeAt == nil, before.nextProbeAt != nil {
      log.notice("destination works again", metadata: metadata)
    } else if let until = state.holdUntil, until != before.holdUntil {
      metadata["until"] = "\(until.iso8601)"
      log.info("destination asked for a pause", metadata: metadata)
    }
  }

  /// While a destination fails hardly anything is attempted, and what is too old for another attempt must end all the same.
  private func giveUpTheOld(_ name: String, _ record: AttemptRecord) {
    lanes[name]?.dropQueue()
    let reason = "given up, the destination has failed until its time was over: \(record.outcome): \(record.detail)"
    addBurial(Burial(destination: name, reason: reason, olderThan: destinations[name]?.retryFor))
  }

  private func addBurial(_ burial: Burial) {
    var burial = burial
    burial.sparing = lanes[burial.destination]?.underWay ?? []
    lanes[burial.destination]?.burials += 1
    ended.burials.append(burial)
    graves.append(burial)
  }

  private static let onceCutOff = "cut off before it ended, and it must not run twice (\"once\")"

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

  /// Writes down what has ended, and what ends meanwhile, until there is nothing left.
  func commit() async throws {
    guard committing == nil else { return }
    committing = 0
    defer {
      committing = nil
      wakeUp.ring()
    }
    while !ended.isEmpty {
      // Answers come in bunches: what has arrived already goes into the same commit.
      await Task.yield()
      let batch = ended
      ended = SettlementBatch()
      committing = batch.attempts.count
      let result = try await store.settle(batch, at: time.now())
      settled(batch, result)
    }
  }

  private func settled(_ batch: SettlementBatch, _ result: SettlementResult) {
    committing = 0
    for settled in batch.attempts {
      lanes[settled.delivery.destination]?.release(settled.delivery.sequence)
      switch settled.settlement {
      case .retry(let next, _): nextDue = min(nextDue ?? next, next)
      case .interrupted: hasNews.withLock { $0 = true }
      case .dead: deadCount += 1
      case .delivered: break
      }
    }
    for burial in batch.burials { lanes[burial.destination]?.burials -= 1 }
    deadCount += result.buried
    if result.mayHaveFreed { hasNews.withLock { $0 = true } }
    wakeUp.ring()
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

  private func report(_ delivery: ClaimedDelivery, _ settlement: Settlement, at attempt: Int) {
    let level: Logger.Level =
      switch settlement {
      case .delivered, .interrupted: .info
      case .retry: .warning
      case .dead: .error
      }
    guard level >= log.logLevel else { return }
    var metadata: Logger.Metadata = [
      "delivery": "\(delivery.id)", "rule": "\(delivery.rule)", "action": "\(delivery.action)",
      "destination": "\(delivery.destination)", "attempt": "\(attempt)",
    ]
    // What is told of the source, or of many runs, is of none.
    if Run.isValid(id: delivery.runID) { metadata["run"] = "\(delivery.runID)" }
    switch settlement {
    case .delivered: log.info("delivered", metadata: metadata)
    case .interrupted: log.info("attempt interrupted, it will be made again", metadata: metadata)
    case .retry(let next, let reason):
      metadata["reason"] = "\(reason)"
      metadata["next"] = "\(next.iso8601)"
      log.warning("attempt failed, it will be repeated", metadata: metadata)
    case .dead(let reason):
      metadata["reason"] = "\(reason)"
      log.error("delivery is dead; see: vi-notify deliveries show ID", metadata: metadata)
    }
  }
}

extension DestinationLane {
  /// For the deliveries that die of it; nil: it isn't stopped.
  var stopReason: String? {
    gate.state.stoppedReason.map { "the destination has stopped: \($0)" }
  }
}

extension Outcome {
  /// For the attempt's row.
  var word: String {
    switch self {
    case .delivered: "delivered"
    case .interrupted: "interrupted"
    case .retry(let reason, _), .rejected(let reason): reason.rawValue
    }
  }
}
