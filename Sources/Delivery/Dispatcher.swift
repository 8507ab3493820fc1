internal import Locking
package import Logging
internal import Rules
internal import Runs
internal import Secrets
package import Storage
package import Telemetry
package import Tracing

/// Takes what is due out of the outbox, has it attempted, and writes down how that ended.
///
/// Each destination has its own gate and its own deliveries read ahead, so that one that is slow, dead or rate-limited
/// delays only itself. An attempt's slot is free as soon as the answer is known; answers are written down together, by
/// whichever attempt ends while nobody writes, and are few at any time, so that a kill repeats few.
///
/// All of that is decided by ``DispatcherState``. This actor asks it, and does the reading, sending, writing and waiting.
package actor Dispatcher {
  package enum End: Sendable {
    /// Goes on until it is stopped.
    case never
    /// Ends when nothing is due and nothing is on its way.
    case whenNothingIsDue
    /// Ends when every delivery is delivered or dead, or waits for what this process can't use: see ``stuckCount``.
    case whenAllIsSettled
  }

  /// The types of what deliveries go to, for `Telemetry.init(targets:)`.
  package static let targets = TargetType.words

  private struct Handover {
    let configuration: DeliveryConfiguration
    let taken: CheckedContinuation<Void, Never>
  }

  private static let maxSleep: Duration = .seconds(60)

  private let store: any StateStore
  /// By which the state's moments are.
  private let clock: StateClock
  /// The same, to read.
  private let time: TimeSource
  private let attempts: AttemptMaker
  private let deadLetters: DeadLetterWriter
  nonisolated let telemetry: Telemetry
  private let reporter: DeliveryReporter
  /// Nil: there are no traces.
  private let tracer: Tracer?
  private let log: Logger
  /// Of this process, where others share the state.
  private let roles: Set<Role>
  private let wakeUp = WakeUp()
  private let finishes = Locked(End.never)
  private let isStopping = Locked(false)
  /// Somebody says that something may be due that was not when we last looked.
  private let hasNews = Locked(true)
  /// Of the rules file that is in use.
  private var configuration: DeliveryConfiguration
  private var state: DispatcherState
  private var handover: Handover?
  private var isRunning = false
  /// No attempt starts any more.
  private var isWindingDown = false
  /// Deliveries that were left waiting at the end, for destinations that have stopped or that the rules file doesn't have.
  package private(set) var stuckCount = 0
  /// Deliveries that became dead letters in this process.
  package var deadCount: Int { state.deadCount }

  package init(
    store: any StateStore, configuration: DeliveryConfiguration, clock: StateClock, telemetry: Telemetry = Telemetry(),
    tracer: Tracer? = nil, roles: Set<Role> = Set(Role.allCases), log: Logger
  ) {
    self.store = store
    self.roles = roles
    self.configuration = configuration
    self.clock = clock
    time = clock.source
    self.telemetry = telemetry
    self.tracer = tracer
    self.log = log
    attempts = AttemptMaker(store: store)
    let reporter = DeliveryReporter(telemetry: telemetry, tracer: tracer, log: log)
    self.reporter = reporter
    deadLetters = DeadLetterWriter(store: store, reporter: reporter)
    state = DispatcherState(configuration.plan, sharedAs: store.isShared ? roles : nil)
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
    (isRunning, isWindingDown) = (true, false)
    state.begin(with: configuration.plan)
    defer {
      isRunning = false
      handOver()
    }
    if store.isWatching { try await endCutOff() }
    try await use(configuration)
    try await withThrowingDiscardingTaskGroup { group in
      defer { telemetry.loops.rest(.delivery) }
      while !Task.isCancelled, !isStopping.withLock({ $0 }) {
        telemetry.loops.begin(.delivery, time)
        if let next = handover?.configuration {
          try await use(next)
          handOver()
        }
        try await look()
        startWhatMay(&group)
        if try await isDone() { break }
        telemetry.loops.rest(.delivery)
        await waitForWork()
      }
      isWindingDown = true
      // What is under way may take an hour, and nobody needs to wait for that.
      isRunning = false
      handOver()
    }
  }

  private var moment: DispatcherState.Moment {
    DispatcherState.Moment(now: time.now(), uptime: clock.uptime, followed: clock.followed)
  }

  private func handOver() {
    handover?.taken.resume()
    handover = nil
  }

  private func use(_ next: DeliveryConfiguration) async throws(StorageError) {
    configuration = next
    let share = try await share()
    try await begin(
      at: Set(next.plan.destinations.keys.map(Target.destination)).filter(state.isOurs), idle: share?.idle)
    // Of several processes, the one that watches.
    guard store.isWatching else { return }
    let waiting = try await store.unsettled()
    state.noteMissing(waiting)
    reporter.report(missing: waiting.filter { next.plan.isMissing($0.key) })
  }

  /// Asks how the targets are shared out, where they are.
  private func share() async throws(StorageError) -> (
    new: Set<Target>, idle: [Target: Duration], isSomethingLeft: Bool
  )? {
    guard store.isShared else { return nil }
    let share = try await store.share(configuration.plan.targets(of: roles))
    return (state.hold(share, at: moment), share.idle, share.isSomethingLeft)
  }

  /// What others have left, and what others should have.
  private func shareOut() async throws(StorageError) {
    if state.mustShare(at: clock.uptime), let share = try await share() {
      if !share.new.isEmpty { try await begin(at: share.new, idle: share.idle) }
      if store.isWatching, share.isSomethingLeft {
        if try await store.releaseClaims(at: time.now()) > 0 {
          log.notice("hooks that another process was killed in are run again")
        }
        try await endCutOff()
        for download in try await store.restartChains(goneFor: configuration.plan.takeOver, at: time.now()) {
          log.warning(
            "a chain begins again at its download, for the machine that has its files is gone",
            metadata: ["delivery": "\(download)"])
        }
      }
    }
    let vacated = state.vacated()
    if !vacated.isEmpty {
      try await store.giveUp(vacated)
      state.gaveUp(vacated)
    }
  }

  private func endCutOff() async throws(StorageError) {
    state.gaveUp(try await deadLetters.endCutOff(by: configuration.plan, at: time.now()))
  }

  /// These are this process's from now on, under the rules that are in use.
  private func begin(at targets: Set<Target>, idle: [Target: Duration]?) async throws(StorageError) {
    let fingerprints = configuration.fingerprints.filter { targets.contains(.destination($0.key)) }
    let states = try await store.destinationStates(forgettingAllBut: fingerprints)
    state.use(configuration.plan, states, fingerprints, idle: idle ?? [:], at: time.now())
    try await requiet()
    try await letGo()
  }

  /// Quiet hours are hours of the wall clock, and of the rules file as it is now.
  private func requiet() async throws(StorageError) {
    let now = time.now()
    let ends = configuration.plan.quietEnds(at: now).filter { state.isOurs(.destination($0.key)) }
    try await store.requiet(ends, at: now)
  }

  /// A back-off has a meaning only while its destination fails. What the last process was killed before letting go, or what
  /// waits for a destination that is another one by now, goes at once; the others' destinations are tried with them.
  private func letGo() async throws(StorageError) {
    let now = time.now()
    var batch = SettlementBatch()
    batch.releases = state.noteBackingOff(try await store.destinationsBackingOff(at: now))
    if !batch.isEmpty { _ = try await store.settle(batch, at: now) }
  }

  /// Reads ahead what is due, where there is room for it.
  private func look() async throws(StorageError) {
    try await store.confirm()
    try await followClock()
    try await shareOut()
    let now = time.now()
    if hasNews.withLock({ news in
      defer { news = false }
      return news
    }) {
      state.noteNews()
    }
    let looks = state.look(at: now)
    if looks {
      // For the step of a chain that began under another rules file, and for what somebody sends again.
      // What nobody can be sent to is the watcher's business.
      let due = try await store.dueTargets(at: now)
      state.noteNextDue(due.next)
      let targets = due.targets.filter { store.isWatching || !configuration.plan.isMissing($0) }
      for target in state.noteDue(targets, at: now) {
        try await countHomeless()
        log.warning(
          "deliveries wait for a destination that the rules file does not have", metadata: ["destination": "\(target)"])
      }
    }
    try await obeyProbeRequests(at: now)
    try await giveUpTheOld()
    for target in state.targets {
      if let reading = state.reading(of: target, at: now) { state.add(try await store.read(reading, at: now), reading) }
    }
    if state.hasReleases { try await commit() }
  }

  /// `deliveries replay` asks for it, in another process.
  private func obeyProbeRequests(at now: Timestamp) async throws(StorageError) {
    guard state.asksForProbes else { return }
    let asked = try await store.takeProbeRequests(among: store.isShared ? Set(state.targets.filter(state.isOurs)) : nil)
    state.probe(asked, at: now)
    for target in asked {
      log.info("destination is probed now, as somebody asked for", metadata: ["destination": "\(target)"])
    }
  }

  /// How many wait for a destination that isn't there.
  private func countHomeless() async throws(StorageError) {
    let plan = configuration.plan
    reporter.count(homeless: try await store.unsettled().filter { plan.isMissing($0.key) })
  }

  /// Before anything is decided: somebody may have set the wall clock. In memory all changes at once, and the store does one thing
  /// after the other: what was to be written before is moved there, and what is written after is right already.
  private func followClock() async throws(StorageError) {
    guard let step = clock.step else {
      if state.mustHurry(at: clock.uptime) { try await store.hurry(at: time.now()) }
      return
    }
    clock.follow(step)
    state.move(by: step)
    // Whoever watches moves what is in the state.
    guard store.isWatching else { return clock.hasMoved() }
    log.warning(
      "the clock of this machine was set; what waits is moved with it",
      metadata: ["by": "\(step < .zero ? "-" : "")\((step < .zero ? .zero - step : step).words)"])
    try await store.reanchor(ClockChange(step: step), to: clock.reading)
    clock.hasMoved()
    try await requiet()
    state.moved(at: clock.uptime)
  }

  private func startWhatMay(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
    // It has become doubtful since the look began: the next one finds out.
    guard store.mayAct else { return wakeUp.ring() }
    for target in state.targets {
      while let start = state.start(target, at: moment) {
        group.addTask { [configuration] in try await self.work(start, configuration) }
      }
    }
  }

  /// One attempt after the other, as long as the destination's gate lets one through.
  ///
  /// - Parameter configuration: that was in use when the attempt began. It is sent by that, whatever is in use now.
  private func work(
    _ first: DestinationQueue.Start, _ configuration: DeliveryConfiguration
  ) async throws(StorageError) {
    let target = first.delivery.destination
    var (next, configuration) = (Optional(first), configuration)
    while let start = next {
      end(start, try await attempts.attempt(start.delivery, configuration))
      if state.wantsCommit {
        // Somebody else may have our slot while we write.
        wakeUp.ring()
        try await commit()
      }
      next = mayStartMore ? state.start(target, at: moment) : nil
      configuration = self.configuration
      if state.reading(of: target, at: time.now()) != nil { wakeUp.ring() }
    }
    wakeUp.ring()
  }

  private var mayStartMore: Bool { store.mayAct && !isWindingDown && !Task.isCancelled && !isStopping.withLock { $0 } }

  private func end(_ start: DestinationQueue.Start, _ result: AttemptResult) {
    var result = result
    // What is kept to be read; what the next step gets (`result.step`) goes on as it is.
    let redactor = configuration.redactor
    (result.detail, result.output) = (redactor.redact(result.detail), redactor.redact(result.output))
    let moment = moment
    let randomness = result.outcome == .delivered ? DispatcherState.Randomness.unused : .drawn()
    reporter.report(state.end(start, result, at: moment, randomness: randomness))
    if let tracer { tracer.attempted(start, result, at: moment.now) }
  }

  /// Writes down what has ended, and what ends meanwhile, until there is nothing left.
  private func commit() async throws(StorageError) {
    guard state.beginCommits() else { return }
    defer {
      state.endCommits()
      wakeUp.ring()
    }
    while true {
      // Answers come in bunches: what has arrived already goes into the same commit.
      await Task.yield()
      guard let batch = state.nextBatch() else { return }
      let result = try await store.settle(batch, at: time.now())
      state.settled(batch, result)
      reporter.count(batch, at: time.now())
      wakeUp.ring()
    }
  }

  private func giveUpTheOld() async throws(StorageError) {
    let burials = state.expired(at: clock.uptime)
    for burial in burials {
      state.gaveUp(try await deadLetters.bury(burial, by: configuration.plan, at: time.now()))
    }
    if !burials.isEmpty, !state.missing.isEmpty { try await countHomeless() }
  }

  private func isDone() async throws(StorageError) -> Bool {
    guard state.isIdle(at: time.now()), !hasNews.withLock({ $0 }) else { return false }
    switch finishes.withLock({ $0 }) {
    case .never: return false
    case .whenNothingIsDue: return true
    case .whenAllIsSettled:
      guard let stuck = state.stuck(of: try await store.unsettled()) else { return false }
      stuckCount = stuck
      return true
    }
  }

  /// Until a delivery becomes due, a gate opens, its time is over, or the bell is rung: for something new, or because an attempt
  /// ended. While something waits it is looked at once a minute, whatever the moments say.
  private func waitForWork() async {
    guard handover == nil else { return }
    let moment = moment
    guard let wake = state.nextWake(at: moment) else { return await wakeUp.wait() }
    guard wake > moment.now else { return }
    await withTaskGroup { group in
      group.addTask { [time] in try? await time.sleep(min(wake - moment.now, Self.maxSleep)) }
      group.addTask { [wakeUp] in await wakeUp.wait() }
      await group.next()
      group.cancelAll()
    }
  }
}

// For tests.
extension Dispatcher {
  /// It waits for the bell or the clock, and nothing is under way or to be written down.
  var isAtRest: Bool { wakeUp.waiting > 0 && state.isAtRest }

  var missing: Set<Target> { state.missing }
}
