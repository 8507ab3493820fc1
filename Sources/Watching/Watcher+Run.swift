internal import Logging
internal import Rules
internal import Runs
internal import Storage
package import ViAPI

/// Watching on and on.
extension Watcher {
  /// What the process does about what the watcher meets.
  package struct Reactions: Sendable {
    let onSweep: @Sendable (Report) async throws -> Bool
    let onFailure: @Sendable (SourceError) throws -> Void
    let onNews: @Sendable () -> Void

    /// - Parameters:
    ///   - onSweep: told of every whole sweep; true ends the watching.
    ///   - onFailure: told of every failed one; what it throws ends the watching.
    ///   - onNews: something new may be due for delivery.
    package init(
      onSweep: @escaping @Sendable (Report) async throws -> Bool,
      onFailure: @escaping @Sendable (SourceError) throws -> Void, onNews: @escaping @Sendable () -> Void
    ) {
      self.onSweep = onSweep
      self.onFailure = onFailure
      self.onNews = onNews
    }
  }

  /// Sweeps until cancelled, or until told that it is enough. Failed sweeps are repeated.
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
    while !Task.isCancelled {
      let begin = time.now()
      do {
        let report = try await sweep()
        failures = 0
        if report.newDeliveries > 0 { reactions.onNews() }
        if try await reactions.onSweep(report) { return }
        let delay = schedule.delay(now: begin, active: moving.expected, history: history)
        // Our clock may have been set back meanwhile.
        let elapsed = max(.zero, time.now() - begin)
        try await time.sleep(max(.zero, min(delay, timeToOverdue) - elapsed))
      } catch let error as SourceError {
        try Task.checkCancellation()
        failures += 1
        let planned = schedule.delay(afterFailure: failures, randomness: .random(in: 0..<1), now: time.now())
        try await wait(error.pause(planned: planned, interval: settings.interval), after: error, reactions)
      }
    }
  }

  /// Until a rule that waits for a run's staying may fire.
  private var timeToOverdue: Duration {
    guard let overdue = moving.nextOverdue else { return .seconds(86_400) }
    return max(.milliseconds(100), overdue - (time.now() + source.clockSkew))
  }

  private func wait(_ delay: Duration, after error: SourceError, _ reactions: Reactions) async throws {
    outage.failed(error, at: time.now())
    status.update { $0.failure = "\(error)" }
    log.warning(
      "sweep given up, nothing is concluded from it",
      metadata: ["why": "\(error)", "advice": "\(error.advice)", "next": "in \(delay.milliseconds) ms"])
    try reactions.onFailure(error)
    try await time.sleep(delay)
  }

  /// Tells when the source is out of sight for too long: also while a sweep hangs, or waits as long as it was asked to.
  private func lookOut(_ reactions: Reactions) async throws {
    while !Task.isCancelled {
      try await time.sleep(outage.timeLeft(at: time.now()))
      if try await tellOutage() { reactions.onNews() }
    }
  }

  /// Returns whether something is to be delivered.
  func tellOutage() async throws(StorageError) -> Bool {
    let ledger = try await currentLedger()
    guard ledger.unreachableSince == nil, let why = outage.complaint(at: time.now()) else { return false }
    let now = stamp()
    let since = now + (outage.lastWhole - time.now())
    log.error("the Vi API is out of sight", metadata: ["since": "\(since.iso8601)", "why": "\(why)"])
    var commit = SweepCommit(organization: source.origin.organization, time: now)
    commit.source = .unreachable(since: since)
    commit.rules = rulesDigest
    let event = RunEvent(.sourceUnreachable, since: since, at: now, message: why, origin: source.origin)
    commit.events = planned([event], at: now)
    self.ledger?.unreachableSince = since
    return try await store.commit(commit).deliveries > 0
  }
}
