internal import Locking
package import Logging
internal import Rules
internal import Runs
package import Storage
package import Telemetry

/// Takes what is due out of the outbox, has it attempted, and writes down how that ended.
///
/// Each destination has its own gate and its own deliveries read ahead, so that one that is slow, dead or rate-limited
/// delays only itself. An attempt's slot is free as soon as the answer is known; answers are written down together, by
/// whichever attempt ends while nobody writes, and are few at any time, so that a kill repeats few.
package actor Dispatcher {
  package enum End: Sendable {
    /// Goes on until it is stopped.
    case never
    /// Ends when nothing is due and nothing is on its way.
    case whenNothingIsDue
    /// Ends when every delivery is delivered or dead, or waits for what this process can't use: see ``stuckCount``.
    case whenAllIsSettled
  }

  package typealias StopEvent = DeliveryConfiguration.StopEvent
  package typealias Steps = DeliveryConfiguration.Steps

  private struct Handover {
    let configuration: DeliveryConfiguration
    let taken: CheckedContinuation<Void, Never>
  }

  private static let maxSleep: Duration = .seconds(60)

  let store: any StateStore
  /// Of the rules file that is in use.
  private(set) var configuration: DeliveryConfiguration
  /// By which the state's moments are.
  let clock: StateClock
  /// The same, to read.
  let time: TimeSource
  nonisolated let telemetry: Telemetry
  let log: Logger
  let wakeUp = WakeUp()
  private let finishes = Locked(End.never)
  private let isStopping = Locked(false)
  /// Something may be due that was not when we last looked.
  let hasNews = Locked(true)
  private var isRunning = false
  private var handover: Handover?
  var queues: [Target: DestinationQueue] = [:]
  /// What has ended and is not being written down yet.
  var ended = SettlementBatch()
  /// Destinations that deliveries wait for and that the rules file doesn't have.
  var missing: Set<Target> = []
  /// When to look again for what is too old, by uptime; nil: at once.
  var nextExpiry: Duration?
  /// Attempts in the commit that is under way; nil: none is.
  var committing: Int?
  /// When to look once more for what was written by the clock as it was before it was set; by the uptime.
  var hurryAt: Duration?
  /// No attempt starts any more.
  private var isWindingDown = false
  /// When the next delivery that is not due yet will be, as of the last look.
  var nextDue: Timestamp?
  /// Deliveries that became dead letters in this process.
  package internal(set) var deadCount = 0
  /// Deliveries that were left waiting at the end, for destinations that have stopped or that the rules file doesn't have.
  package internal(set) var stuckCount = 0

  package init(
    store: any StateStore, configuration: DeliveryConfiguration, clock: StateClock, telemetry: Telemetry = Telemetry(),
    log: Logger
  ) {
    self.store = store
    self.configuration = configuration
    self.clock = clock
    time = clock.source
    self.telemetry = telemetry
    self.log = log
  }

  /// Something new may be due.
  package nonisolated func wake() {
    hasNews.withLock { $0 = true }
    wakeUp.ring()
  }

  package nonisolated func finish(_ when: End) {
    finishes.withLock { $0 = when }
    wakeUp.ring()
  }

  /// Starts nothing more; ``run()`` returns when what is on its way has ended.
  package nonisolated func stop() {
    isStopping.withLock { $0 = true }
    wakeUp.ring()
  }

  /// Puts another rules file's configuration in the place of the one in use, between two looks, and returns when it is in use.
  ///
  /// - What is under way ends as it began: sent to where its destination led then.
  /// - A destination that is still the same (``DestinationSettings/fingerprint(_:)``) keeps its hold, its circuit and what its
  ///   pace has let through. One that has become another begins anew.
  /// - What waits for a destination that is gone stays in the outbox.
  ///
  /// For one task at a time.
  package func adopt(_ configuration: DeliveryConfiguration) async {
    guard isRunning else {
      self.configuration = configuration
      return
    }
    await withCheckedContinuation { taken in
      handover = Handover(configuration: configuration, taken: taken)
      wakeUp.ring()
    }
  }

  /// Delivers until told to end. Throws when the state can't be written: then nothing more may be sent.
  package func run() async throws {
    (isRunning, isWindingDown, queues) = (true, false, [:])
    defer {
      isRunning = false
      handOver()
    }
    try await giveUpCutOff()
    try await use(configuration)
    try await withThrowingDiscardingTaskGroup { group in
      while !Task.isCancelled, !isStopping.withLock({ $0 }) {
        if let next = handover?.configuration {
          try await use(next)
          handOver()
        }
        try await look()
        startWhatMay(&group)
        if try await isDone() { break }
        try await waitForWork()
      }
      isWindingDown = true
      // What is under way may take an hour, and nobody needs to wait for that.
      isRunning = false
      handOver()
    }
  }

  private func handOver() {
    handover?.taken.resume()
    handover = nil
  }

  private func use(_ next: DeliveryConfiguration) async throws {
    let fingerprints = next.fingerprints
    let states = try await store.destinationStates(forgettingAllBut: fingerprints)
    configuration = next
    take(Dictionary(states.map { ($0.name, $0) }) { first, _ in first }, fingerprints)
    nextExpiry = nil
    hasNews.withLock { $0 = true }
    try await requiet()
    try await letGo()
    try await findMissing()
  }

  /// - Parameter states: what was known of the destinations when the last process ended, or when they left the rules file.
  private func take(_ states: [String: DestinationState], _ fingerprints: [String: String]) {
    let now = time.now()
    // Of what a destination was before.
    ended.destinations.removeAll { state in fingerprints[state.name].map { $0 != state.fingerprint } ?? false }
    for (name, settings) in configuration.destinations {
      let (target, common) = (Target.destination(name), settings.common)
      let fingerprint = fingerprints[name] ?? ""
      if queues[target]?.gate.state.fingerprint == fingerprint {
        queues[target]?.keep(concurrency: common.concurrency, rateLimit: common.rateLimit, at: now)
        continue
      }
      let gate = AdmissionPolicy(
        concurrency: common.concurrency, rateLimit: common.rateLimit,
        state: states[name] ?? DestinationState(name: name, fingerprint: fingerprint), now: now)
      if queues[target] == nil {
        queues[target] = DestinationQueue(gate: gate, claims: false, paced: common.rateLimit?.count)
      } else {
        queues[target]?.become(gate, paced: common.rateLimit?.count, at: now)
      }
    }
    for target in queues.keys {
      if case .lane(let lane) = target {
        queues[target]?.keep(concurrency: configuration.concurrency(of: lane), rateLimit: nil, at: now)
      } else if configuration.isMissing(target) {
        queues[target]?.retire()
      }
    }
    queues = queues.filter { !$0.value.isOver }
  }

  /// The queue of what is done on this machine.
  private func open(_ target: Target) {
    guard queues[target] == nil, case .lane(let lane) = target else { return }
    let gate = AdmissionPolicy(
      concurrency: configuration.concurrency(of: lane), rateLimit: nil, hasCircuit: false,
      state: DestinationState(name: lane.name, fingerprint: ""), now: time.now())
    queues[target] = DestinationQueue(gate: gate, claims: lane.kind == .hook, paced: nil)
  }

  /// Reads ahead what is due, where there is room for it.
  private func look() async throws {
    try await followClock()
    let now = time.now()
    let news = hasNews.withLock { news in
      defer { news = false }
      return news
    }
    let wasDue = nextDue.map { $0 <= now } ?? false
    if news || wasDue {
      for name in try await store.destinationsDue(at: now) {
        guard !configuration.isMissing(name) else {
          try await noteMissing(name)
          continue
        }
        open(name)
        queues[name]?.mayHaveMore = true
      }
    }
    try await obeyProbeRequests(at: now)
    try await giveUpTheOld()
    for name in queues.keys {
      noteRelease(name, at: now)
      try await readAhead(name, at: now)
    }
    if !ended.releases.isEmpty { try await commit() }
    if news || wasDue { nextDue = try await store.nextDue(after: now) }
  }

  private func readAhead(_ name: Target, at now: Timestamp) async throws {
    guard let queue = queues[name] else { return }
    let wanted = queue.reading(at: now)
    let deliveries: [ClaimedDelivery]
    switch wanted {
    case .nothing: return
    case .due(let count) where queue.claims:
      deliveries = try await store.claim(destination: name, limit: count, at: now)
    case .due(let count):
      deliveries = try await store.due(destination: name, limit: count, at: now, except: queue.underWay)
    case .probe:
      deliveries = try await store.probe(destination: name, at: now, except: queue.underWay).map { [$0] } ?? []
    }
    queues[name]?.add(deliveries, of: wanted, generation: queue.generation)
  }

  private func startWhatMay(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
    for name in queues.keys {
      while let start = nextStart(of: name) {
        group.addTask { [configuration] in try await self.work(start, for: name, configuration) }
      }
    }
  }

  /// One attempt after the other, as long as the destination's gate lets one through.
  ///
  /// - Parameter configuration: that was in use when the attempt began. It is sent by that, whatever is in use now.
  private func work(
    _ first: DestinationQueue.Start, for name: Target, _ configuration: DeliveryConfiguration
  ) async throws {
    var (next, configuration) = (Optional(first), configuration)
    while let start = next {
      end(start, try await attempt(start.delivery, configuration))
      if committing == nil, !ended.isEmpty {
        // Somebody else may have our slot while we write.
        wakeUp.ring()
        try await commit()
      }
      next = mayStartMore ? nextStart(of: name) : nil
      configuration = self.configuration
      if queues[name]?.reading(at: time.now()) != .nothing { wakeUp.ring() }
    }
    wakeUp.ring()
  }

  private var mayStartMore: Bool { !isWindingDown && !Task.isCancelled && !isStopping.withLock { $0 } }

  /// What has been claimed must start, or it would count as an attempt that never was.
  private func nextStart(of name: Target) -> DestinationQueue.Start? {
    guard queues[name]?.claims == true || ended.attempts.count + (committing ?? 0) < Self.maxUnwritten else {
      return nil
    }
    return queues[name]?.start(at: time.now(), begin: clock.uptime, followed: clock.followed)
  }

  private func isDone() async throws -> Bool {
    let now = time.now()
    guard ended.isEmpty, committing == nil, !hasNews.withLock({ $0 }),
      !queues.values.contains(where: { $0.isActive(at: now) })
    else { return false }
    switch finishes.withLock({ $0 }) {
    case .never: return false
    case .whenNothingIsDue: return true
    case .whenAllIsSettled: return try await onlyStuckIsLeft()
    }
  }

  /// Until a delivery becomes due, a gate opens, its time is over, or the bell is rung: for something new, or because an attempt
  /// ended. While something waits it is looked at once a minute, whatever the moments say.
  private func waitForWork() async throws {
    guard handover == nil else { return }
    let now = time.now()
    let moments = queues.values.map { $0.nextOpening(at: now) } + [nextDue, expiry(at: now)]
    guard let moment = moments.compactMap(\.self).min() else {
      return await wakeUp.wait()
    }
    guard moment > now else { return }
    await withTaskGroup { group in
      group.addTask { [time] in try? await time.sleep(min(moment - now, Self.maxSleep)) }
      group.addTask { [wakeUp] in await wakeUp.wait() }
      await group.next()
      group.cancelAll()
    }
  }
}
