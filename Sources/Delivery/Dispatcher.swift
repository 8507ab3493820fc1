internal import Locking
package import Logging
package import Rules
package import Runs
package import Secrets
package import Storage
package import Transport

/// Takes what is due out of the outbox, has it attempted, and writes down how that ended.
///
/// Each destination has its own number of attempts at once, so that a slow one delays only itself.
package actor Dispatcher {
  package enum End: Sendable {
    /// Goes on until it is stopped.
    case never
    /// Ends when nothing is due and nothing is on its way.
    case whenNothingIsDue
    /// Ends when every delivery is delivered or dead.
    case whenAllIsSettled
  }

  /// Hooks at once.
  private static let hookConcurrency = 4

  private let store: any StateStore
  private let destinations: [String: DestinationSettings]
  private let requests: RequestSender
  private let hooks: HookSender
  private let time: TimeSource
  private let log: Logger
  private let redactor: Redactor
  private let wakeUp = WakeUp()
  private let end: Locked<End>
  private let isStopping = Locked(false)
  private var underWay: [String: Int] = [:]
  /// Deliveries that became dead letters in this process.
  package private(set) var deadCount = 0

  package init(
    store: any StateStore, destinations: [DestinationSettings], http: HTTPClient, secrets: SecretSource,
    hookRunner: HookRunner, time: TimeSource, log: Logger
  ) {
    self.store = store
    self.destinations = Dictionary(destinations.map { ($0.name, $0) }) { first, _ in first }
    requests = RequestSender(http: http, secrets: secrets, time: time)
    hooks = HookSender(runner: hookRunner, secrets: secrets, log: log)
    self.time = time
    self.log = log
    redactor = secrets.redactor
    end = Locked(.never)
  }

  /// Something new may be due.
  package nonisolated func wake() {
    wakeUp.ring()
  }

  package nonisolated func finish(_ when: End) {
    end.withLock { $0 = when }
    wakeUp.ring()
  }

  /// Claims nothing more; ``run()`` returns when what is on its way has ended.
  package nonisolated func stop() {
    isStopping.withLock { $0 = true }
    wakeUp.ring()
  }

  /// Delivers until told to end. Throws when the state can't be written: then nothing more may be sent.
  package func run() async throws {
    try await withThrowingDiscardingTaskGroup { group in
      while !Task.isCancelled, !isStopping.withLock({ $0 }) {
        // Asked before the claim: an attempt that ends while we look may make another delivery claimable.
        let wasIdle = underWay.values.allSatisfy { $0 == 0 }
        let started = try await claimWhatIsDue(&group)
        if wasIdle, started == 0, try await isDone() { break }
        try await waitForWork()
      }
    }
  }

  private func claimWhatIsDue(_ group: inout ThrowingDiscardingTaskGroup<any Error>) async throws -> Int {
    let now = time.now()
    var started = 0
    for destination in try await store.destinationsDue(at: now) {
      let free = limit(destination) - underWay[destination, default: 0]
      if free <= 0 { continue }
      for delivery in try await store.claim(destination: destination, limit: free, at: now) {
        underWay[destination, default: 0] += 1
        started += 1
        group.addTask { try await self.perform(delivery) }
      }
    }
    return started
  }

  private func limit(_ destination: String) -> Int {
    destinations[destination]?.concurrency ?? Self.hookConcurrency
  }

  /// Asked when nothing is due and nothing is on its way.
  private func isDone() async throws -> Bool {
    switch end.withLock({ $0 }) {
    case .never: return false
    case .whenNothingIsDue: return true
    case .whenAllIsSettled: return try await store.unsettledCount() == 0
    }
  }

  /// Until the next delivery is due, something was enqueued, or an attempt ended. What is due already and was not claimed
  /// waits for an attempt to end, which rings.
  private func waitForWork() async throws {
    let now = time.now()
    let due = try await store.nextDue(after: now)
    await withTaskGroup { group in
      if let due { group.addTask { [time] in try? await time.sleep(due - now) } }
      group.addTask { [wakeUp] in await wakeUp.wait() }
      await group.next()
      group.cancelAll()
    }
  }

  private func perform(_ delivery: ClaimedDelivery) async throws {
    defer {
      underWay[delivery.destination, default: 1] -= 1
      wakeUp.ring()
    }
    let startedAt = time.now()
    let result = await attempt(delivery)
    let record = AttemptRecord(
      number: delivery.attempt, startedAt: startedAt, finishedAt: time.now(), outcome: result.outcome.word,
      code: result.code,
      detail: redactor.redact(result.detail), output: redactor.redact(result.output))
    let settlement = settlement(of: delivery, result, record)
    try await store.settle(delivery, as: settlement, record)
    if case .dead = settlement { deadCount += 1 }
    report(delivery, settlement, record)
  }

  private nonisolated func attempt(_ delivery: ClaimedDelivery) async -> AttemptResult {
    if case .hook(let call) = delivery.content { return await hooks.attempt(delivery, call) }
    guard let destination = destinations[delivery.destination] else {
      return AttemptResult(
        outcome: .rejected(.notConfigured), detail: "the rules file has no destination \(delivery.destination) any more"
      )
    }
    return await requests.attempt(delivery, to: destination)
  }

  private func settlement(of delivery: ClaimedDelivery, _ result: AttemptResult, _ record: AttemptRecord) -> Settlement
  {
    let why = record.detail.isEmpty ? record.outcome : "\(record.outcome): \(record.detail)"
    switch result.outcome {
    case .delivered: return .delivered
    case .interrupted: return .interrupted
    case .rejected: return .dead(reason: why)
    case .retry(_, let after):
      let retryFor = delivery.retryFor ?? destinations[delivery.destination]?.retryFor ?? .seconds(72 * 3600)
      let next = RetryPolicy(retryFor: retryFor).next(
        after: delivery.attempt, createdAt: delivery.createdAt, now: record.finishedAt, retryAfter: after,
        randomness: .random(in: 0..<1))
      guard let next else { return .dead(reason: "given up after \(retryFor.words): \(why)") }
      return .retry(at: next, reason: why)
    }
  }

  private nonisolated func report(_ delivery: ClaimedDelivery, _ settlement: Settlement, _ record: AttemptRecord) {
    var metadata: Logger.Metadata = [
      "delivery": "\(delivery.id)", "run": "\(delivery.runID)", "rule": "\(delivery.rule)",
      "destination": "\(delivery.destination)", "attempt": "\(delivery.attempt)",
    ]
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
