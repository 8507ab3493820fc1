package import Logging
package import Rules
package import Runs
package import Storage

/// Looks at the runs again and again, and writes what changed, and what must be sent because of it, in one commit a sweep.
package actor Watcher {
  package struct Report: Sendable {
    /// Watched runs that have not ended.
    package let active: Int
    package let newEvents: Int
    package let newDeliveries: Int
    /// Runs named by the user that never were; one that was deleted is none of them.
    package let missing: [String]
  }

  /// All of one sweep.
  private static let sweepTime: Duration = .seconds(600)

  let source: any RunSource
  let store: any StateStore
  let rules: RuleSet
  let settings: WatchSettings
  /// Digest of the rules file, for those who ask later why a rule did not fire.
  let rulesDigest: String?
  let time: TimeSource
  let log: Logger
  private let start: Timestamp
  private let hash = DocumentHash()
  package nonisolated let status = WatchStatus()

  // What is known of the source, as of the last whole sweep.
  var ledger: Ledger?
  var list = KnownList()
  var hashes: [String: UInt64] = [:]
  var moving: MovingRuns
  private(set) var history = DurationHistory()
  private var fresh: Set<String> = []
  private var pageSize = SweepReader.largestPage
  private var granted = SweepReader.largestPage
  private var lastFull: Timestamp?
  var outage: Outage

  private var reportedMissing: Set<String> = []
  private var reportedMalformed: Set<String> = []

  package init(
    source: any RunSource, store: any StateStore, rules: RuleSet, settings: WatchSettings, rulesDigest: String? = nil,
    time: TimeSource, log: Logger
  ) {
    self.source = source
    self.store = store
    self.rules = rules
    self.settings = settings
    self.rulesDigest = rulesDigest
    self.time = time
    self.log = log
    start = time.now()
    moving = MovingRuns(rules)
    outage = Outage(patience: settings.unreachableAfter, start: start)
  }

  /// Looks at the source once, and commits what that showed. Throws ``SourceError``, after which nothing has changed, or
  /// `StorageError`.
  package func sweep() async throws -> Report {
    let ledger = try await currentLedger()
    let sweep = try await read(ledger)
    report(sweep, ledger)
    let counts = try await take(sweep)
    return Report(
      active: moving.runs.count, newEvents: counts.events, newDeliveries: counts.deliveries,
      missing: sweep.missing.filter { self.ledger?.runs[$0] == nil })
  }

  func currentLedger() async throws(StorageError) -> Ledger {
    if let ledger { return ledger }
    let ledger = try await store.ledger(organization: source.origin.organization)
    self.ledger = ledger
    return ledger
  }

  private var isFullSweepDue: Bool {
    guard let lastFull else { return true }
    return time.now() - lastFull >= settings.fullSweep
  }

  private func read(_ ledger: Ledger) async throws(SourceError) -> Sweep {
    let reader = reader(ledger)
    if !settings.runs.isEmpty { return try await reader.read(named: namedToAsk(ledger)) }
    let moving = Set(moving.runs.keys)
    if !isFullSweepDue, list.isNewestFirst,
      let sweep = try await reader.readTop(moving: moving, fresh: fresh, granted: granted)
    {
      return sweep
    }
    let expected = ledger.runs.filter { !$0.value.phase.isTerminal && !$0.value.isGone }.map(\.key)
    return try await reader.readAll(expected: moving.union(expected), size: pageSize)
  }

  private func reader(_ ledger: Ledger) -> SweepReader {
    let detector = ChangeDetector(
      hasBaseline: ledger.hasBaseline, since: settings.since, named: Set(settings.runs), start: start)
    let judge = RunJudge(detector: detector, ledger: ledger, filter: settings.match, origin: source.origin)
    let end = time.now() + Self.sweepTime
    return SweepReader(
      source: source, judge: judge, hash: hash, list: list, hashes: hashes, timeLeft: { [time] in end - time.now() })
  }

  /// Named runs that have ended are looked at only now and then.
  private func namedToAsk(_ ledger: Ledger) -> [String] {
    if isFullSweepDue { return settings.runs }
    return settings.runs.filter { id in
      ledger.runs[id].map { !$0.phase.isTerminal && !$0.isGone } ?? true
    }
  }

  /// What a sweep has shown is remembered, once it is committed.
  func remember(_ sweep: Sweep, _ moving: MovingRuns, at now: Timestamp) {
    self.moving = moving
    learn(sweep)
    hashes.merge(sweep.hashes) { $1 }
    if settings.runs.isEmpty { remember(list: sweep, at: now) } else if isFullSweepDue { lastFull = now }
    outage.swept(at: now)
    let total = settings.runs.isEmpty ? list.items.count : settings.runs.count
    status.update { status in
      status.active = moving.runs.count
      status.total = total
      status.lastWholeSweep = now
      status.failure = nil
    }
  }

  /// How long runs take. A process that has just started learns it of all runs that the list shows.
  private func learn(_ sweep: Sweep) {
    var ended = sweep.findings.values.filter { $0.reading.phase.isTerminal && isLesson($0.entry) }.map { finding in
      (flow: finding.run.flow, startedAt: finding.run.startedAt, endedAt: finding.reading.since)
    }
    ended += sweep.quiet.values.filter { isLesson($0.entry) }.map { ($0.flow, $0.startedAt, $0.since) }
    for run in ended.sorted(by: { $0.endedAt < $1.endedAt }) {
      guard let startedAt = run.startedAt else { continue }
      history.record(flow: run.flow, startedAt: startedAt, endedAt: run.endedAt)
    }
  }

  private func isLesson(_ entry: Ledger.Entry?) -> Bool {
    entry != nil || lastFull == nil
  }

  private func remember(list sweep: Sweep, at now: Timestamp) {
    fresh = Set(sweep.findings.lazy.filter { $0.value.isNew }.map(\.key))
    fresh.formUnion(sweep.quiet.lazy.filter { $0.value.isNew }.map(\.key))
    if sweep.isWhole {
      list.replace(with: sweep.items, isNewestFirst: sweep.isNewestFirst)
      hashes = sweep.hashes
      pageSize = sweep.pageSize
      granted = sweep.granted ?? sweep.pageSize
      lastFull = now
    } else {
      list.replaceTop(with: sweep.items, ids: sweep.places)
    }
    list.settle(Set(sweep.findings.lazy.filter { !$0.value.isMoving }.map(\.key)))
  }

  private func report(_ sweep: Sweep, _ ledger: Ledger) {
    for run in sweep.malformed where reportedMalformed.insert("\(run.id ?? "")\(run)").inserted {
      log.warning(
        "a run can't be read and is passed over", metadata: ["run": "\(run.id ?? "unknown")", "why": "\(run)"])
    }
    for id in sweep.missing where ledger.runs[id] == nil && reportedMissing.insert(id).inserted {
      log.error(
        "a run that was named does not exist", metadata: ["run": "\(id)", "advice": "see: vi-notify runs list --all"])
    }
  }
}
