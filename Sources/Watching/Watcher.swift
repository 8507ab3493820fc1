package import Logging
package import Rules
package import Runs
package import Storage
package import Telemetry
package import Tracing
package import ViAPI

/// Polls the runs, and commits what changed together with the deliveries that follow, in one transaction per sweep.
///
/// This module turns what the API shows into events. ``RunSource`` flows in; events with their deliveries flow out, into the
/// state. Between them: the pages of a sweep (``SweepReader``), what changed (``RunClassifier``), what to believe (``RunDoubts``),
/// and when to sweep next (``SweepSchedule``).
///
/// - A sweep counts only if it was read to its end; a failed one changes nothing, neither on disk nor in memory.
/// - Memory changes only after the commit, so a failed commit is repeated by the next sweep.
/// - A transition becomes an event once, however often it is seen, and after restarts.
/// - What a sweep holds in memory is bounded, whatever the API sends.
///
/// It doesn't send anything and doesn't know destinations; it only wakes the dispatcher. Begin reading at ``sweep()``, then
/// `Watcher+Commit.swift`.
package actor Watcher {
  package struct Report: Sendable {
    /// Watched runs that have not ended, including those in doubt.
    package let active: Int
    /// The runs among them whose state can't be learnt, and the believed reason (``BeliefPolicy``).
    package let lost: [String: SourceError]
    /// Named runs that this sweep learnt nothing about.
    package let faults: [String: SourceError]
    /// The wait that the source asked for.
    package let hold: Duration?
    /// How long ago the ends were that this sweep was the first to show.
    package let latencies: [Duration]
    package let newEvents: Int
    package let newDeliveries: Int
    /// Runs named by the user that never existed; a deleted one isn't among them.
    package let missing: [String]
  }

  /// The time limit of a sweep.
  private static let sweepTime: Duration = .seconds(600)

  let source: any RunSource
  let store: any LedgerStore
  let rules: RuleSet
  let settings: WatchSettings
  /// Digest of the rules file, to explain later why a rule didn't fire.
  let rulesDigest: String?
  /// For durations, and compared with the API's clock: setting the wall clock must not affect it.
  let time: TimeSource
  /// For stored and reported times.
  let stamp: @Sendable () -> Timestamp
  nonisolated let telemetry: Telemetry
  /// Nil: there are no traces.
  let tracer: Tracer?
  let log: Logger
  let start: Timestamp
  private let hash = DocumentHash()
  package nonisolated let status: WatchStatus
  nonisolated let leaving = Leaving()

  // What is known of the source, as of the last complete sweep.
  private var organization: String?
  private(set) var ledger: Ledger?
  private(set) var list = RunListCache()
  private var hashes: [String: UInt64] = [:]
  private(set) var moving: MovingRuns
  private(set) var history = DurationHistory()
  private var fresh: Set<String> = []
  /// Runs that had not ended and whose last answer wasn't a document.
  private(set) var doubts = RunDoubts()
  /// Named runs that never existed, as of the last complete request for them.
  private var missing: [String] = []
  private var pageSize = SweepReader.largestPage
  private var granted = SweepReader.largestPage
  private(set) var lastFull: Timestamp?
  private(set) var outage: Outage
  /// The source has asked to be left alone until then, by the uptime.
  private(set) var hold: Duration?

  private var reportedMissing: Set<String> = []
  private var reportedMalformed: Set<String> = []
  private var reportedFaults: [String: String] = [:]

  /// - Parameters:
  ///   - time: steady.
  ///   - stamp: the state's clock; nil: `time`.
  ///   - former: of the watcher of the same source that this one comes after in this process.
  package init(
    source: any RunSource, store: any LedgerStore, rules: RuleSet, settings: WatchSettings, rulesDigest: String? = nil,
    time: TimeSource, stamp: (@Sendable () -> Timestamp)? = nil, telemetry: Telemetry = Telemetry(),
    tracer: Tracer? = nil, status: WatchStatus = WatchStatus(), after former: Legacy? = nil, log: Logger
  ) {
    self.source = source
    self.store = store
    self.rules = rules
    self.settings = settings
    self.rulesDigest = rulesDigest
    self.time = time
    self.stamp = stamp ?? time.now
    self.telemetry = telemetry
    self.tracer = tracer
    self.log = log
    self.status = status
    let now = time.now()
    start = former?.start ?? now
    moving = MovingRuns(rules)
    let patience = settings.unreachableAfter
    outage = former?.outage.with(patience: patience) ?? Outage(patience: patience, start: now)
    hold = former?.hold
  }

  /// Polls the source once, and commits the results. Throws ``SourceError``, after which nothing has changed, or
  /// `StorageError`.
  package func sweep() async throws -> Report {
    beginTurn()
    defer { endTurn() }
    let began = time.uptime()
    do {
      let report = try await sweepOnce()
      count(.success(time.uptime() - began))
      return report
    } catch let error as SourceError {
      count(.failure(error))
      throw error
    }
  }

  private func sweepOnce() async throws -> Report {
    let organization = source.origin.organization
    adopt(organization)
    let ledger = try await currentLedger()
    outage.begins(at: time.now())
    let began = time.uptime()
    let sweep = try await read(ledger)
    // The organization was replaced meanwhile, so the results may belong to either.
    if source.origin.organization != organization { return try await sweepOnce() }
    missing = sweep.missing.filter { ledger.runs[$0] == nil }
    return try await take(sweep, ledger, began)
  }

  /// Requests the runs in doubt once more, between two sweeps. Throws only `StorageError`.
  func lookAgain() async throws -> Report {
    beginTurn()
    defer { endTurn() }
    if source.origin.organization != organization { return try await sweep() }
    let ledger = try await currentLedger()
    let began = time.uptime()
    let sweep = await reader(ledger).readAgain(doubts.next)
    return try await take(sweep, ledger, began)
  }

  private func take(_ sweep: Sweep, _ ledger: Ledger, _ began: Duration) async throws -> Report {
    report(sweep, ledger)
    let latencies = latencies(sweep)
    var doubts = doubts
    let gone = doubts.take(
      sweep, ledger, named: Set(settings.runs), isAPIKnown: lastFull != nil, at: began)
    let counts = try await take(sweep, gone: gone)
    self.doubts = doubts
    for latency in latencies { telemetry.detectionTime.record(latency) }
    return Report(
      active: doubts.runs.union(moving.runs.keys).count, lost: doubts.lost,
      faults: settings.runs.isEmpty ? [:] : sweep.faults, hold: sweep.hold, latencies: latencies,
      newEvents: counts.events, newDeliveries: counts.deliveries, missing: missing)
  }

  /// The organization is resolved on use. When it changes, the state in memory is reset.
  private func adopt(_ name: String) {
    if let organization, organization != name {
      log.warning("the organization has changed; watching its runs from now on", metadata: ["is": "\(name)"])
      (ledger, list, hashes, fresh, missing) = (nil, RunListCache(), [:], [], [])
      (moving, doubts, lastFull) = (MovingRuns(rules), RunDoubts(), nil)
      (pageSize, granted) = (SweepReader.largestPage, SweepReader.largestPage)
    }
    organization = name
  }

  /// By the source's clock. Ends before the first sweep don't count.
  private func latencies(_ sweep: Sweep) -> [Duration] {
    guard lastFull != nil else { return [] }
    let now = time.now() + source.clockSkew
    return sweep.observations.values.filter { $0.isTransition && $0.reading.phase.isTerminal }.map {
      max(.zero, now - $0.reading.since)
    }
  }

  /// Watched runs that have not ended, the longest under way first, with what is usual for their flows.
  package func movingRuns(limit: Int) -> [(id: String, run: MovingRun, usual: Duration?)] {
    let sorted = moving.runs.sorted {
      ($0.value.startedAt ?? $0.value.since ?? start, $0.key) < ($1.value.startedAt ?? $1.value.since ?? start, $1.key)
    }
    return sorted.prefix(limit).map { ($0.key, $0.value, history.usual(flow: $0.value.flow)) }
  }

  func currentLedger() async throws(StorageError) -> Ledger {
    if let ledger { return ledger }
    let ledger = try await store.ledger(organization: source.origin.organization)
    self.ledger = ledger
    return ledger
  }

  private var isFullSweepDue: Bool {
    guard let lastFull else { return true }
    let passed = time.now() - lastFull
    // Our clock may be set back by hours; then the elapsed time is unknown.
    return passed < .zero || passed >= settings.fullSweep
  }

  private func read(_ ledger: Ledger) async throws(SourceError) -> Sweep {
    let reader = reader(ledger)
    if !settings.runs.isEmpty { return try await readNamed(reader, ledger) }
    let moving = doubts.runs.union(moving.runs.keys)
    if !isFullSweepDue, list.isNewestFirst,
      let sweep = try await reader.readTop(moving: moving, fresh: fresh, granted: granted)
    {
      return sweep
    }
    return try await reader.readAll(expected: moving.union(ledger.runs.filter(\.value.mayEnd).keys), size: pageSize)
  }

  private func reader(_ ledger: Ledger) -> SweepReader {
    let detector = ChangeDetector(
      hasBaseline: ledger.hasBaseline, since: settings.since, named: Set(settings.runs), start: start)
    let judge = RunClassifier(detector: detector, ledger: ledger, filter: settings.match, origin: source.origin)
    let end = time.now() + Self.sweepTime
    return SweepReader(
      source: source, judge: judge, hash: hash, list: list, hashes: hashes, doubted: doubts.runs,
      undecided: doubts.undecided(at: time.uptime()), timeLeft: { [time] in end - time.now() })
  }

  /// Named runs that have ended are polled only now and then.
  private func readNamed(_ reader: SweepReader, _ ledger: Ledger) async throws(SourceError) -> Sweep {
    let isWhole = isFullSweepDue
    var sweep = try await reader.read(named: settings.runs.filter { isWhole || ledger.runs[$0]?.mayEnd ?? true })
    sweep.isWhole = isWhole
    return sweep
  }

  /// What is in the state now.
  func remember(_ commit: SweepCommit) {
    ledger?.runs.merge(commit.changed) { $1 }
    if commit.setsBaseline { ledger?.hasBaseline = true }
    switch commit.source {
    case .recovered: ledger?.unreachableSince = nil
    case .unreachable(let since): ledger?.unreachableSince = since
    case nil: break
    }
  }

  func remember(_ failure: SourceError) {
    outage.failed(failure, at: time.now())
    status.update { $0.failure = "\(failure)" }
  }

  /// - Parameter wait: that the source has asked for.
  func remember(wait: Duration?) {
    hold = wait.map { time.uptime() + $0 }
  }

  /// Remembers the results of a sweep after its commit.
  func remember(_ sweep: Sweep, _ moving: MovingRuns, at now: Timestamp) {
    self.moving = moving
    learn(sweep)
    hashes.merge(sweep.hashes) { $1 }
    // If such a run comes back unchanged, that is news.
    for id in sweep.missing { hashes[id] = nil }
    if sweep.isSecondLook { return list.settle(sweep.ended) }
    if settings.runs.isEmpty { remember(list: sweep) }
    // Postponed runs may be below everything that the next sweep would read.
    if !sweep.postponed.isEmpty { lastFull = nil } else if sweep.isWhole { lastFull = now }
    outage.swept(at: now)
    let total = settings.runs.isEmpty ? list.items.count : settings.runs.count
    status.update { status in
      status.active = moving.runs.count
      status.moving = moving.names(most: 3)
      status.total = total
      status.lastWholeSweep = stamp()
      status.failure = nil
    }
  }

  /// Learns how long runs take. A process that has just started learns from all runs in the list.
  private func learn(_ sweep: Sweep) {
    var ended = sweep.observations.values.filter { $0.reading.phase.isTerminal && isLesson($0.entry) }.map {
      observation in
      (
        flow: observation.run.flow, startedAt: observation.run.startedAt, endedAt: observation.reading.since,
        hasSucceeded: observation.reading.phase == .succeeded
      )
    }
    ended += sweep.quiet.values.filter { isLesson($0.entry) }.map {
      ($0.flow, $0.startedAt, $0.since, $0.phase == .succeeded)
    }
    for run in ended.sorted(by: { $0.endedAt < $1.endedAt }) {
      guard let startedAt = run.startedAt else { continue }
      history.record(
        flow: run.flow, startedAt: startedAt, endedAt: run.endedAt, hasSucceeded: run.hasSucceeded)
    }
  }

  private func isLesson(_ entry: Ledger.Entry?) -> Bool {
    entry != nil || lastFull == nil
  }

  private func remember(list sweep: Sweep) {
    fresh = Set(sweep.observations.lazy.filter { $0.value.isNew }.map(\.key))
    fresh.formUnion(sweep.quiet.lazy.filter { $0.value.isNew }.map(\.key))
    if sweep.isWhole {
      list.replace(with: sweep.items, isNewestFirst: sweep.isNewestFirst)
      hashes = sweep.hashes
      pageSize = sweep.pageSize
      granted = sweep.granted ?? sweep.pageSize
    } else {
      list.replaceTop(with: sweep.items, ids: sweep.places)
    }
    list.settle(sweep.ended)
  }

  private func report(_ sweep: Sweep, _ ledger: Ledger) {
    for run in sweep.malformed where reportedMalformed.insert("\(run.id ?? "")\(run)").inserted {
      log.warning(
        "a run can't be read and is skipped", metadata: ["run": "\(run.id ?? "unknown")", "why": "\(run)"])
    }
    if !sweep.postponed.isEmpty {
      log.warning(
        "the documents of some runs are left for the next sweep, because they are too large together",
        metadata: ["runs": "\(sweep.postponed.count)"])
    }
    for (id, fault) in sweep.mended where reportedMalformed.insert("\(id) \(fault)").inserted {
      log.warning(
        "a run's document has mistakes; the affected text is replaced", metadata: ["run": "\(id)", "why": "\(fault)"])
    }
    for (id, error) in sweep.faults where reportedFaults[id] == nil {
      reportedFaults[id] = "\(error)"
      log.warning("no answer about a run; trying again", metadata: ["run": "\(id)", "why": "\(error)"])
    }
    for id in reportedFaults.keys where sweep.saw(id) { reportedFaults[id] = nil }
    for id in sweep.missing where ledger.runs[id] == nil && reportedMissing.insert(id).inserted {
      log.error(
        "a run named by --run or watch.runs does not exist",
        metadata: ["run": "\(id)", "advice": "see: vi-notify runs list --all"])
    }
  }
}

extension Ledger.Entry {
  /// The run had not ended when it was last seen.
  var mayEnd: Bool { !phase.isTerminal && !isGone }
}
