package import Hooks
internal import Locking
package import Logging
package import Rules
package import Runs
package import Secrets
package import Storage
package import Telemetry
package import Transport

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

  /// Makes the event that tells of a destination that has stopped; nil: nobody wants to know.
  package typealias StopEvent =
    @Sendable (_ destination: String, _ reason: String, _ at: Timestamp) -> NewEvent?

  /// Makes the rows of the steps that begin when a delivery has settled; only asked for deliveries with a continuation.
  package typealias Steps =
    @Sendable (_ settled: SettledStep, _ result: StepResult, _ error: String?, _ at: Timestamp) -> [NewDelivery]

  private static let maxSleep: Duration = .seconds(60)
  /// How many at once, of what is done on this machine and has no number of its own.
  private static func places(in kind: Lane.Kind) -> Int {
    switch kind {
    case .hook, .include: 4
    case .download, .lost: 2
    }
  }

  let store: any StateStore
  let destinations: [String: DestinationSettings]
  let requests: RequestSender
  let hookSender: HookSender
  /// Nil: there is no source to download from.
  let models: DownloadSender?
  /// Nil: there is no source to ask.
  let extras: IncludeSender?
  /// By which the state's moments are.
  let clock: StateClock
  /// The same, to read.
  let time: TimeSource
  nonisolated let telemetry: Telemetry
  let log: Logger
  let redactor: Redactor
  let onStop: StopEvent
  let steps: Steps
  let wakeUp = WakeUp()
  private let secrets: SecretSource
  private let finishes: Locked<End>
  /// Of the actions with a number of their own, by queue.
  private let concurrency: [Lane: Int]
  private let isStopping = Locked(false)
  /// Something may be due that was not when we last looked.
  let hasNews = Locked(true)
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
    store: any StateStore, destinations: [DestinationSettings], http: HTTPClient, secrets: SecretSource,
    hookRunner: HookRunner, models: DownloadSender? = nil, extras: IncludeSender? = nil,
    clock: StateClock, telemetry: Telemetry = Telemetry(),
    log: Logger,
    concurrency: [Lane: Int] = [:],
    onStop: @escaping StopEvent = { _, _, _ in nil }, steps: @escaping Steps = { _, _, _, _ in [] }
  ) {
    self.store = store
    self.destinations = Dictionary(destinations.map { ($0.name, $0) }) { first, _ in first }
    requests = RequestSender(http: http, secrets: secrets, time: clock.system)
    self.models = models
    self.extras = extras
    hookSender = HookSender(runner: hookRunner, secrets: secrets, log: log)
    self.clock = clock
    time = clock.source
    self.telemetry = telemetry
    self.log = log
    self.onStop = onStop
    self.steps = steps
    self.concurrency = concurrency
    self.secrets = secrets
    redactor = secrets.redactor
    finishes = Locked(.never)
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

  /// Delivers until told to end. Throws when the state can't be written: then nothing more may be sent.
  package func run() async throws {
    try await recall()
    try await giveUpCutOff()
    try await letGo()
    try await findMissing()
    try await withThrowingDiscardingTaskGroup { group in
      while !Task.isCancelled, !isStopping.withLock({ $0 }) {
        try await look()
        startWhatMay(&group)
        if try await isDone() { break }
        try await waitForWork()
      }
      isWindingDown = true
    }
  }

  /// What was known of the destinations when the last process ended.
  private func recall() async throws {
    let fingerprints = destinations.mapValues { $0.fingerprint(secrets) }
    let states = try await store.destinationStates(forgettingAllBut: fingerprints)
    let now = time.now()
    queues = [:]
    for (name, settings) in destinations {
      let state = states.first { $0.name == name }
      let gate = AdmissionPolicy(
        concurrency: settings.common.concurrency, rateLimit: settings.common.rateLimit,
        state: state ?? DestinationState(name: name, fingerprint: fingerprints[name] ?? ""), now: now)
      queues[.destination(name)] = DestinationQueue(gate: gate, claims: false, paced: settings.common.rateLimit?.count)
    }
    try await requiet()
    isWindingDown = false
    nextExpiry = nil
    hasNews.withLock { $0 = true }
  }

  /// The queue of what is done on this machine.
  private func open(_ target: Target) {
    guard queues[target] == nil, case .lane(let lane) = target else { return }
    let isHook = lane.kind == .hook
    let gate = AdmissionPolicy(
      concurrency: concurrency[lane] ?? Self.places(in: lane.kind), rateLimit: nil, hasCircuit: false,
      state: DestinationState(name: lane.name, fingerprint: ""), now: time.now())
    queues[target] = DestinationQueue(gate: gate, claims: isHook, paced: nil)
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
        guard !isMissing(name) else {
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
        group.addTask { try await self.work(start, for: name) }
      }
    }
  }

  /// One attempt after the other, as long as the destination's gate lets one through.
  private func work(_ first: DestinationQueue.Start, for name: Target) async throws {
    var next: DestinationQueue.Start? = first
    while let start = next {
      end(start, try await attempt(start.delivery))
      if committing == nil, !ended.isEmpty {
        // Somebody else may have our slot while we write.
        wakeUp.ring()
        try await commit()
      }
      next = mayStartMore ? nextStart(of: name) : nil
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

  /// Until a delivery becomes due, a gate opens, or the bell is rung: for something new, or because an attempt ended. While
  /// something waits it is looked at once a minute, whatever the moments say.
  private func waitForWork() async throws {
    let now = time.now()
    guard let moment = (queues.values.map { $0.nextOpening(at: now) } + [nextDue]).compactMap(\.self).min() else {
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
