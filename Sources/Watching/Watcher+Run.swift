internal import Logging
internal import Rules
internal import Runs
internal import Storage
package import ViAPI

/// The loop of watching.
extension Watcher {
  /// Callbacks into the process.
  package struct Reactions: Sendable {
    let onSweep: @Sendable (Report) async throws -> Bool
    let onFailure: @Sendable (SourceError) throws -> Void
    let onNews: @Sendable () -> Void

    /// - Parameters:
    ///   - onSweep: called after every complete sweep; true ends watching.
    ///   - onFailure: called after every failed one; an error it throws ends watching.
    ///   - onNews: new deliveries may be due.
    package init(
      onSweep: @escaping @Sendable (Report) async throws -> Bool,
      onFailure: @escaping @Sendable (SourceError) throws -> Void, onNews: @escaping @Sendable () -> Void
    ) {
      self.onSweep = onSweep
      self.onFailure = onFailure
      self.onNews = onNews
    }
  }

  /// Sweeps until cancelled, until ``leave()``, or until `onSweep` returns true. Failed sweeps are repeated.
  package func run(_ reactions: Reactions) async throws {
    try await withThrowingTaskGroup { group in
      group.addTask { try await self.sweepOn(reactions) }
      group.addTask { try await self.lookOut(reactions) }
      try await group.next()
      group.cancelAll()
    }
  }

  private func sweepOn(_ reactions: Reactions) async throws {
    var schedule = SweepSchedule(
      interval: settings.interval, isAdaptive: settings.isAdaptive, startWeight: rules.tellsOfStarts ? 1 : 0)
    var failures = 0
    if let hold, try await rest(for: hold - time.uptime()) { return }
    while !Task.isCancelled, !leaving.isWanted {
      let (now, began) = (time.now(), time.uptime())
      do {
        let report = try await sweep()
        if try await react(to: report, reactions) || leaving.isWanted { return }
        let delay = schedule.delay(
          now: now, active: moving.expected, history: history, latencies: failures == 0 ? report.latencies : [])
        failures = 0
        remember(wait: report.hold)
        if try await rest(until: max(began + min(delay, timeToOverdue), hold ?? .zero), hold, reactions) { return }
      } catch let error as SourceError {
        try Task.checkCancellation()
        failures += 1
        let planned = schedule.delay(afterFailure: failures, randomness: .random(in: 0..<1), now: time.now())
        let pause = error.pause(planned: planned, interval: settings.interval, failures: failures)
        remember(wait: error.retryAfter)
        if try await wait(pause, after: error, reactions) { return }
      }
    }
  }

  private func react(to report: Report, _ reactions: Reactions) async throws -> Bool {
    if report.newDeliveries > 0 { reactions.onNews() }
    return try await reactions.onSweep(report)
  }

  /// Waits until the next sweep, and meanwhile polls the runs in doubt. True if watching should end.
  ///
  /// - Parameters:
  ///   - end: uptime.
  ///   - hold: no request is allowed before; uptime.
  private func rest(until end: Duration, _ hold: Duration?, _ reactions: Reactions) async throws -> Bool {
    var hold = hold ?? .zero
    while let look = doubts.nextLook(after: time.uptime()).map({ max($0, hold) }), look < end {
      if try await rest(for: look - time.uptime()) { return true }
      if needsList { return false }
      let report = try await lookAgain()
      if try await react(to: report, reactions) { return true }
      if let longer = report.hold { hold = time.uptime() + longer }
    }
    return try await rest(for: end - time.uptime())
  }

  /// True if watching should end.
  private func rest(for duration: Duration) async throws -> Bool {
    let next = time.uptime() + max(.zero, duration)
    status.update { $0.nextLook = next }
    defer { status.update { $0.nextLook = nil } }
    try await leaving.sleep(max(.zero, duration), time)
    return leaving.isWanted
  }

  /// Believe that a run is gone only if the list doesn't show it either.
  var needsList: Bool {
    settings.runs.isEmpty && doubts.isNearAbsence(at: time.uptime())
  }

  /// Polls runs that seem to be gone until that is certain, for a process that sweeps only once and would never know. Throws like
  /// ``sweep()``.
  ///
  /// - Returns: the last report; nil if no run seemed to be gone.
  package func settleAbsences(onNews: @Sendable () -> Void) async throws -> Report? {
    var last: Report?
    while doubts.claimsAbsence(at: time.uptime()), let look = doubts.nextLook(after: time.uptime()) {
      try await time.sleep(look - time.uptime())
      let report = needsList ? try await sweep() : try await lookAgain()
      if report.newDeliveries > 0 { onNews() }
      last = report
    }
    return last
  }

  /// The time until a rule about a run's stay may fire.
  private var timeToOverdue: Duration {
    guard let overdue = moving.nextOverdue else { return .seconds(86_400) }
    return max(.milliseconds(100), overdue - (time.now() + source.clockSkew))
  }

  private func wait(_ delay: Duration, after error: SourceError, _ reactions: Reactions) async throws -> Bool {
    remember(error)
    var metadata: Logger.Metadata = ["why": "\(error)", "next": "in \(delay.milliseconds) ms"]
    if !error.isPassing { metadata["advice"] = "\(error.advice)" }
    log.warning("sweep failed and was discarded", metadata: metadata)
    try reactions.onFailure(error)
    return try await rest(for: delay)
  }

  /// Reports that the source has been unreachable for too long, even while a sweep hangs or waits as it was asked to.
  private func lookOut(_ reactions: Reactions) async throws {
    while !Task.isCancelled {
      try await time.sleep(outage.timeLeft(at: time.now()))
      if try await tellOutage() { reactions.onNews() }
    }
  }

  /// Returns true if there is something to deliver.
  func tellOutage() async throws(StorageError) -> Bool {
    let ledger = try await currentLedger()
    guard ledger.unreachableSince == nil, let why = outage.complaint(at: time.now()) else { return false }
    let now = stamp()
    let since = now + (outage.lastWhole - time.now())
    log.error("the Vi API has been unreachable for too long", metadata: ["since": "\(since.iso8601)", "why": "\(why)"])
    var commit = SweepCommit(organization: source.origin.organization, time: now)
    commit.source = .unreachable(since: since)
    // Known before anything is awaited: a sweep that ends meanwhile must find that it ends an outage.
    remember(commit)
    let event = RunEvent(.sourceUnreachable, since: since, at: now, message: why, origin: source.origin)
    commit.events = try await planned([event], at: now)
    commit.rules = rulesDigest
    let counts = try await store.commit(commit)
    count(commit, counts)
    return counts.deliveries > 0
  }
}
