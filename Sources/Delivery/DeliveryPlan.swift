package import Rules
package import Runs
package import Storage

/// What a rules file says of deliveries, as far as it decides and doesn't send: where they go, within which limits, and which rows
/// follow. Pure.
package struct DeliveryPlan: Sendable {
  /// Makes the event for a destination that has stopped; nil if no rule asks for it.
  package typealias StopEvent =
    @Sendable (_ destination: String, _ reason: String, _ at: Timestamp) -> NewEvent?

  /// Makes the rows of the steps that begin when a delivery has settled; only asked for deliveries with a continuation.
  package typealias Steps =
    @Sendable (_ settled: SettledStep, _ result: StepResult, _ error: String?, _ at: Timestamp) -> [NewDelivery]

  /// How many at once, of what is done on this machine and has no number of its own.
  private static func places(in kind: Lane.Kind) -> Int {
    switch kind {
    case .hook, .include: 4
    case .download, .lost: 2
    }
  }
  static let onceCutOff = "cut off before it ended, and it must not run twice (\"once\")"

  let destinations: [String: DestinationSettings]
  /// How long a machine may be gone before a chain whose files it has begins again elsewhere.
  let takeOver: Duration
  /// Of the actions with a number of their own, by queue.
  private let concurrency: [Lane: Int]
  private let onStop: StopEvent
  private let steps: Steps

  package init(
    _ destinations: [DestinationSettings], concurrency: [Lane: Int] = [:], takeOver: Duration = .seconds(600),
    onStop: @escaping StopEvent = { _, _, _ in nil }, steps: @escaping Steps = { _, _, _, _ in [] }
  ) {
    self.destinations = Dictionary(destinations.map { ($0.name, $0) }) { first, _ in first }
    (self.concurrency, self.takeOver) = (concurrency, takeOver)
    self.onStop = onStop
    self.steps = steps
  }

  /// Those that one process at a time has, where several share the state, as far as they are of these roles.
  func targets(of roles: Set<Role>) -> Set<Target> {
    let lanes = [Lane.include, Lane(.lost)]
    return Set(destinations.keys.map(Target.destination) + lanes.map(Target.lane)).filter { roles.contains($0.role) }
  }

  func concurrency(of lane: Lane) -> Int {
    concurrency[lane] ?? Self.places(in: lane.kind)
  }

  /// Nil: it is done on this machine, or the rules file doesn't have it.
  func settings(of target: Target) -> DestinationSettings? {
    target.destination.flatMap { destinations[$0] }
  }

  /// Nothing that can be sent to, or done on this machine, has this name.
  func isMissing(_ target: Target) -> Bool {
    target.destination.map { destinations[$0] == nil } ?? false
  }

  /// Of deliveries that have none of their own.
  func retryFor(_ target: Target) -> Duration {
    settings(of: target)?.common.retryFor ?? .seconds(72 * 3600)
  }

  /// When the quiet hours of each destination end that hold at this moment; nil: none do.
  func quietEnds(at now: Timestamp) -> [String: Timestamp?] {
    destinations.mapValues { $0.common.quiet?.end(at: now) }
  }
}

// What an attempt comes to.
extension DeliveryPlan {
  /// - Parameters:
  ///   - record: of the attempt, redacted.
  ///   - randomness: 0 ..< 1, spreads the time of the next attempt.
  func settlement(
    of delivery: ClaimedDelivery, _ outcome: Outcome, _ record: AttemptRecord, randomness: Double
  ) -> Settlement {
    let why = record.detail.isEmpty ? record.outcome : "\(record.outcome): \(record.detail)"
    switch outcome {
    case .delivered: return .delivered
    case .interrupted where delivery.isOnce: return .dead(reason: Self.onceCutOff)
    case .interrupted: return .interrupted
    case .rejected: return .dead(reason: why)
    case .retry(let reason, let after):
      let retryFor = delivery.retryFor ?? retryFor(delivery.destination)
      let next = RetryPolicy(retryFor: retryFor, schedule: reason == .notReady ? .waiting : .failing).next(
        after: delivery.attempt - delivery.attemptsBefore, createdAt: delivery.retryFrom, now: record.finishedAt,
        retryAfter: after, randomness: randomness)
      guard let next else { return .dead(reason: "given up after \(retryFor.words): \(why)") }
      let quiet = delivery.defers ? settings(of: delivery.destination)?.common.quiet : nil
      if let morning = quiet?.end(at: next) { return .deferred(at: morning, reason: why) }
      // That its destination works is no reason to look again.
      if reason == .wrongForm { return .deferred(at: next, reason: why) }
      return .retry(at: next, reason: why)
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
    case .delivered: return steps(step, result, nil, now)
    case .dead(let reason): return steps(step, result, reason, now)
    case .retry, .deferred, .interrupted: return []
    }
  }

  /// A delivery that dies without an attempt, or of one that the last process was killed in.
  func givenUp(
    _ delivery: ClaimedDelivery, reason: String, _ record: AttemptRecord?, at now: Timestamp
  ) -> SettledAttempt {
    let settlement = Settlement.dead(reason: reason)
    return SettledAttempt(
      delivery, settlement, record, next: next(after: delivery, settlement, StepResult(), at: now))
  }

  func stopEvent(_ state: DestinationState, at now: Timestamp) -> NewEvent? {
    state.stoppedReason.flatMap { onStop(state.name, "the destination has stopped: \($0)", now) }
  }
}
