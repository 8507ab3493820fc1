package import Logging
package import Rules
package import Runs
package import Storage

/// Looks at the runs again and again, and writes what changed, and what must be sent because of it, in one commit a sweep.
package actor Watcher {
  package struct Report: Sendable {
    /// Runs that have not ended.
    package let active: Int
    package let newEvents: Int
    package let newDeliveries: Int
    /// Runs named by the user that never were; one that was deleted is none of them.
    package let missing: [String]
  }

  private let client: ViClient
  private let store: any StateStore
  private let rules: RuleSet
  private let settings: WatchSettings
  private let time: TimeSource
  private let log: Logger
  private let start: Timestamp
  package nonisolated let status = WatchStatus()

  private var ledger: Ledger?
  /// Hash of a document → the run, as of the last whole sweep.
  private var known: [Int: String] = [:]
  private var reportedMissing: Set<String> = []
  private var reportedMalformed: Set<String> = []

  package init(
    client: ViClient, store: any StateStore, rules: RuleSet, settings: WatchSettings, time: TimeSource, log: Logger
  ) {
    self.client = client
    self.store = store
    self.rules = rules
    self.settings = settings
    self.time = time
    self.log = log
    start = time.now()
  }

  /// Reads the source once, whole, and commits what that showed. Throws ``SourceError``, after which nothing has changed,
  /// or `StorageError`.
  package func sweep() async throws -> Report {
    let reader = SweepReader(client: client, known: known)
    let sweep = settings.runs.isEmpty ? try await reader.readAll() : try await reader.read(named: settings.runs)
    reportUnreadable(sweep)
    return try await take(sweep)
  }

  private func take(_ sweep: Sweep) async throws -> Report {
    var ledger =
      if let known = self.ledger { known } else { try await store.ledger(organization: client.organization) }
    let commit = self.commit(sweep, ledger)
    var counts = (events: 0, deliveries: 0)
    if !commit.isEmpty { counts = try await store.commit(commit) }
    ledger.runs.merge(commit.changed) { $1 }
    if commit.setsBaseline {
      ledger.hasBaseline = true
      reportBaseline(commit)
    }
    self.ledger = ledger
    known = Dictionary(sweep.hashes.map { ($0.value, $0.key) }) { first, _ in first }
    let active = sweep.hashes.keys.count { ledger.runs[$0]?.phase.isTerminal != true }
    status.update { status in
      status.active = active
      status.total = sweep.hashes.count
      status.lastWholeSweep = commit.time
      status.failure = nil
    }
    let missing = sweep.missing.filter { ledger.runs[$0] == nil }
    return Report(active: active, newEvents: counts.events, newDeliveries: counts.deliveries, missing: missing)
  }

  private func commit(_ sweep: Sweep, _ ledger: Ledger) -> SweepCommit {
    var commit = SweepCommit(organization: client.organization, time: time.now())
    let detector = ChangeDetector(
      hasBaseline: ledger.hasBaseline, since: settings.since, named: Set(settings.runs), start: start)
    var events: [RunEvent] = []
    for (id, run) in sweep.changed {
      let reading = run.reading
      switch detector.change(run, reading, known: ledger.runs[id]) {
      case .none: continue
      case .remember: commit.changed[id] = Ledger.Entry(phase: reading.phase, since: reading.since, isBaseline: true)
      case .transition(let previous):
        commit.changed[id] = Ledger.Entry(phase: reading.phase, since: reading.since, isBaseline: false)
        events.append(event(run, reading, from: previous))
      }
    }
    // What happened first is told first.
    events.sort { ($0.time, $0.id) < ($1.time, $1.id) }
    commit.events = zip(events, rules.deliveries(for: events)).map { event, planned in
      NewEvent(event: event, deliveries: planned.map(NewDelivery.init))
    }
    commit.setsBaseline = settings.runs.isEmpty && !ledger.hasBaseline
    return commit
  }

  private func event(_ run: Run, _ reading: PhaseReading, from previous: Phase?) -> RunEvent {
    log.info(
      "run changed",
      metadata: [
        "run": "\(run.id)", "flow": "\(run.flow ?? "")", "from": "\(previous?.rawValue ?? "")",
        "to": "\(reading.phase.rawValue)",
      ])
    return RunEvent(
      run, reading: reading, previousPhase: previous, organization: client.organization, endpoint: client.endpoint)
  }

  private func reportBaseline(_ commit: SweepCommit) {
    let silent = commit.changed.values.filter(\.isBaseline)
    log.info(
      "first start: what is there already is the baseline",
      metadata: [
        "ended": "\(silent.count { $0.phase.isTerminal })", "moving": "\(silent.count { !$0.phase.isTerminal })",
        "counted": "\(commit.events.count)",
      ])
  }

  private func reportUnreadable(_ sweep: Sweep) {
    for run in sweep.malformed where reportedMalformed.insert("\(run.id ?? "")\(run)").inserted {
      log.warning(
        "a run can't be read and is passed over", metadata: ["run": "\(run.id ?? "unknown")", "why": "\(run)"])
    }
    for id in sweep.missing where reportedMissing.insert(id).inserted {
      log.error(
        "a run that was named does not exist", metadata: ["run": "\(id)", "advice": "see: vi-notify runs list --all"])
    }
  }

  /// Sweeps until cancelled, or until `isDone` says so after a sweep. Failed sweeps are repeated, with `onFailure` told;
  /// when that throws, so does this.
  package func run(
    onSweep: @Sendable (Report) async throws -> Bool, onFailure: @Sendable (SourceError) throws -> Void
  ) async throws {
    var backoff = Backoff(interval: settings.interval)
    while !Task.isCancelled {
      let begin = time.now()
      do {
        let report = try await sweep()
        backoff.succeeded()
        if try await onSweep(report) { return }
        try await time.sleep(max(.zero, settings.interval - (time.now() - begin)))
      } catch let error as SourceError {
        try Task.checkCancellation()
        let delay = backoff.delay(after: error, randomness: .random(in: 0..<1))
        status.update { $0.failure = "\(error)" }
        log.warning(
          "sweep given up, nothing is concluded from it",
          metadata: ["why": "\(error)", "advice": "\(error.advice)", "next": "in \(delay.milliseconds) ms"])
        try onFailure(error)
        try await time.sleep(delay)
      }
    }
  }
}
