internal import Locking
internal import Logging
internal import Rules
internal import Runs
internal import Secrets
internal import Storage
internal import Telemetry

/// What happens when an attempt has ended.
extension Dispatcher {
  /// Answers that are known and not durable yet, over all destinations: what a kill repeats beside what is under way.
  static let maxUnwritten = 128

  func attempt(
    _ delivery: ClaimedDelivery, _ configuration: DeliveryConfiguration
  ) async throws -> AttemptResult {
    switch delivery.content {
    case .hook(let call): return await configuration.hooks.attempt(delivery, call)
    case .download(let call):
      guard let models = configuration.models else {
        return AttemptResult(outcome: .rejected(.notConfigured), detail: "there is no source to download from")
      }
      return await models.attempt(delivery, call)
    case .include(let call):
      // Without a source there is nothing to wait for.
      return await configuration.extras?.attempt(delivery, call) ?? AttemptResult(outcome: .delivered)
    case .event, .body: break
    }
    guard let destination = configuration.settings(of: delivery.destination) else {
      return AttemptResult(
        outcome: .rejected(.notConfigured), detail: "the rules file has no destination \(delivery.destination) any more"
      )
    }
    guard let fitted = try await fitted(delivery, to: destination.kind) else {
      return misfit(delivery, destination.kind)
    }
    return await configuration.requests.attempt(fitted, to: destination)
  }

  /// Frees the slot, and puts what is to be written down where the next commit finds it.
  func end(_ start: DestinationQueue.Start, _ result: AttemptResult) {
    var delivery = start.delivery
    // The clock may have been set while it was under way.
    delivery.retryFrom = delivery.retryFrom + (clock.followed - start.followed)
    let now = time.now()
    var result = result
    // What is kept to be read; what the next step gets (`result.step`) goes on as it is.
    let redactor = configuration.redactor
    (result.detail, result.output) = (redactor.redact(result.detail), redactor.redact(result.output))
    let record = AttemptRecord(
      number: delivery.attempt, startedAt: start.startedAt, finishedAt: now, outcome: result.outcome.word,
      code: result.code, detail: result.detail, output: result.output)
    let before = queues[delivery.destination]?.gate.state
    let changed = queues[delivery.destination]?.end(
      start, result, after: clock.uptime - start.begin, at: now, randomness: .random(in: 0..<1))
    if changed == true, let before { note(delivery.destination, before, at: now) }
    noteRelease(delivery.destination, at: now)
    // What asks a stopped destination whether it still is must not die of the answer.
    if result.outcome == .rejected(.gone), before?.stoppedAt != nil, start.pass == .probe {
      result.outcome = .retry(.gone, after: nil)
    }
    count(result.outcome, of: delivery, after: clock.uptime - start.begin)
    let settlement = settlement(of: delivery, result, record)
    report(delivery, settlement, at: record.number)
    if settlement == .interrupted, delivery.claimedAt == nil {
      queues[delivery.destination]?.release(delivery.sequence)
      queues[delivery.destination]?.mayHaveMore = true
    } else {
      let next = next(after: delivery, settlement, result.step, at: now)
      let isAttempt = result.outcome != .retry(.wrongForm, after: Self.formPause)
      ended.attempts.append(SettledAttempt(delivery, settlement, isAttempt ? record : nil, next: next))
    }
  }

  /// The steps that begin now: they are written down in the same commit as the end of this one.
  func next(
    after delivery: ClaimedDelivery, _ settlement: Settlement, _ result: StepResult, at now: Timestamp
  ) -> [NewDelivery] {
    guard let continuation = delivery.continuation else { return [] }
    let step = SettledStep(
      id: delivery.id, rule: delivery.rule, label: delivery.action, eventID: delivery.eventID, event: delivery.event,
      continuation: continuation)
    switch settlement {
    case .delivered: return configuration.steps(step, result, nil, now)
    case .dead(let reason): return configuration.steps(step, result, reason, now)
    case .retry, .deferred, .interrupted: return []
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
      let retryFor = retryFor(delivery)
      let next = RetryPolicy(retryFor: retryFor, schedule: reason == .notReady ? .waiting : .failing).next(
        after: delivery.attempt - delivery.attemptsBefore, createdAt: delivery.retryFrom, now: record.finishedAt,
        retryAfter: after,
        randomness: .random(in: 0..<1))
      guard let next else { return .dead(reason: "given up after \(retryFor.words): \(why)") }
      let quiet = delivery.defers ? configuration.settings(of: delivery.destination)?.common.quiet : nil
      if let morning = quiet?.end(at: next) { return .deferred(at: morning, reason: why) }
      // That its destination works is no reason to look again.
      if reason == .wrongForm { return .deferred(at: next, reason: why) }
      return .retry(at: next, reason: why)
    }
  }

  private func retryFor(_ delivery: ClaimedDelivery) -> Duration {
    delivery.retryFor ?? configuration.retryFor(delivery.destination)
  }

  /// The state of a destination is another one: it is written together with what caused it.
  private func note(_ name: Target, _ before: DestinationState, at now: Timestamp) {
    guard let queue = queues[name] else { return }
    ended.destinations.removeAll { $0.name == name.name }
    ended.destinations.append(queue.gate.state)
    count(queue.gate.state, before)
    report(queue.gate.state, before)
    // It waits in the outbox, where `replay --to` can send it elsewhere.
    if queue.gate.isFailing { queues[name]?.dropQueue() }
    guard before.stoppedAt == nil, let reason = queue.gate.state.stoppedReason else { return }
    if let event = configuration.onStop(name.name, "the destination has stopped: \(reason)", now) {
      ended.events.append(event)
    }
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
    telemetry.events.add(batch.events.count, to: .destinationStopped)
    for settled in batch.attempts {
      queues[settled.delivery.destination]?.release(settled.delivery.sequence)
      switch settled.settlement {
      case .retry(let next, _):
        nextDue = min(nextDue ?? next, next)
        queues[settled.delivery.destination]?.gate.noteBackOff()
      case .deferred(let next, _): nextDue = min(nextDue ?? next, next)
      case .interrupted: hasNews.withLock { $0 = true }
      case .dead: count(dead: 1)
      case .delivered: telemetry.deliveries.add(to: .delivered)
      }
    }
    if result.mayHaveFreed { hasNews.withLock { $0 = true } }
    wakeUp.ring()
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
