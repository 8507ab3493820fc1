internal import Delivery
internal import Locking
internal import Logging
internal import Rules
internal import Runs
internal import ServiceLifecycle
internal import Storage
internal import ViAPI
internal import Watching

/// Watches with one runtime after the other, until told to stop or until there is nothing left to watch.
///
/// A change of the rules file is a change of the runtime, in this order, so that nothing falls between two of them: the old watcher
/// finishes its sweep or sleep and leaves no work behind; the state records the new rules; the dispatcher takes the new
/// destinations; the new watcher begins with a sweep of the whole list, by what the state knows of each run.
struct WatchingService: Service {
  /// A sweep that is under way may take so long to end when the rules have changed; then it is discarded, and the next one finds the
  /// same.
  private static let patience: Duration = .seconds(10)

  let current: CurrentRuntime
  let dispatcher: Dispatcher
  let reloader: Reloader
  let resources: Resources
  let shutdown: Shutdown
  let mode: WatchMode
  let pulse: Pulse
  let settings: @Sendable (Configuration) -> WatchSettings
  let turn: WatchTurn

  private var time: TimeSource { resources.clock.system }

  func run() async throws {
    switch mode {
    case .once: try await lookOnce()
    case .forever, .untilDone: try await stoppable { try await watchOn() }.get()
    }
    try await gracefulShutdown()
  }

  /// One sweep beside what is due: deliveries don't need the source.
  private func lookOnce() async throws {
    let runtime = current.runtime
    if case .failure(let error) = await stoppable({ try await lookOnce(with: runtime.watcher) }) {
      shutdown.fail(with: error)
    }
    let seen = resources.status.snapshot
    if let sign = seen.failure.map({ .failed($0) }) ?? seen.lastWholeSweep.map({ Pulse.Sign.swept($0) }) {
      _ = await pulse.send(sign, runtime, resources)
    }
    _ = try await runtime.digests.close()
    dispatcher.wake()
    dispatcher.finish(.whenNothingIsDue)
  }

  /// A run that seems to be gone is looked at until that is certain: the next process would begin to count anew.
  private func lookOnce(with watcher: Watcher) async throws {
    let first = try await watcher.sweep()
    dispatcher.wake()
    let last = try await watcher.settleAbsences { dispatcher.wake() } ?? first
    if let error = last.faults.values.first ?? last.lost.values.first { throw error }
    if let id = last.missing.first { throw SourceError.noSuchRun(id: id) }
  }

  private func watchOn() async throws {
    // Over all runtimes: what was believed of the source once is not unlearnt with the rules.
    let belief = Locked(BeliefPolicy())
    while true {
      let runtime = current.runtime
      let plan = try await watch(with: runtime, belief)
      try await replace(runtime, by: plan)
    }
  }

  /// Watches until the rules have changed, also when all that was to be watched has ended.
  private func watch(with runtime: Runtime, _ belief: Locked<BeliefPolicy>) async throws -> Runtime.Plan {
    enum Happening {
      case ended, late
      case changed(Runtime.Plan)
    }
    return try await withThrowingTaskGroup { group in
      group.addTask {
        do {
          try await watch(runtime, belief)
        } catch is CancellationError {}
        return Happening.ended
      }
      group.addTask { .changed(try await reloader.next(after: runtime)) }
      var (plan, hasEnded) = (Runtime.Plan?.none, false)
      while let happening = try await group.next() {
        try Task.checkCancellation()
        switch happening {
        case .ended: hasEnded = true
        case .changed(let next):
          plan = next
          runtime.watcher.leave()
          // It has not begun.
          if resources.status.snapshot.follows { group.cancelAll() }
          group.addTask { [time] in
            try? await time.sleep(Self.patience)
            return .late
          }
        case .late: group.cancelAll()
        }
        guard hasEnded, let plan else { continue }
        group.cancelAll()
        return plan
      }
      throw CancellationError()
    }
  }

  private func replace(_ runtime: Runtime, by plan: Runtime.Plan) async throws {
    let next = Runtime(
      plan, settings: settings(plan.configuration), resources, after: await runtime.watcher.legacy)
    // There may be something to watch again.
    dispatcher.finish(.never)
    shutdown.fail(with: nil)
    if resources.store.isWatching { try await next.remember(in: resources) }
    await dispatcher.adopt(next.delivery)
    current.replace(with: next)
    try await reloader.succeeded(next)
  }

  private func watch(_ runtime: Runtime, _ belief: Locked<BeliefPolicy>) async throws {
    let isDone = Locked(false)
    try await turn.take()
    try await runtime.watcher.run(
      Watcher.Reactions(
        onSweep: { report in
          belief.withLock { $0.read() }
          guard mode == .untilDone else { return false }
          let missing = report.missing.first.map { SourceError.noSuchRun(id: $0) }
          // Why the last look did not find a run, or can't find out how it ends.
          shutdown.fail(with: missing ?? report.lost.values.first)
          let isLast = report.active == report.lost.count
          isDone.withLock { $0 = isLast }
          return isLast
        },
        onFailure: { [time] error in
          let (isBelieved, isFirst) = belief.withLock { ($0.failed(error, at: time.uptime()), !$0.wasRead) }
          guard isBelieved else { return }
          if mode == .untilDone { throw Failure(error) }
          if case .refused = error, isFirst { throw Failure(error) }
        },
        onNews: { dispatcher.wake() }))
    guard isDone.withLock({ $0 }) else { return }
    _ = try await runtime.digests.close(everything: true)
    // What the digests became is due now, and nothing else would say so.
    dispatcher.wake()
    dispatcher.finish(.whenAllIsSettled)
  }
}
