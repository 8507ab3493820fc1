internal import Delivery
internal import Hooks
internal import Locking
internal import Logging
internal import Runs
internal import ServiceLifecycle
internal import Storage
internal import ViAPI
internal import Watching

/// Watching and delivering side by side, until told to stop or until there is nothing left to do.
struct WatchService: Service {
  let watcher: Watcher
  let store: any StateStore
  let dispatcher: Dispatcher
  let digests: DigestCloser
  let pruner: Pruner
  let hooks: HookRunner
  let mode: WatchMode
  let time: TimeSource

  func run() async throws {
    try await withGracefulShutdownHandler {
      switch mode {
      case .once: try await runOnce()
      case .forever, .untilDone: try await runOn()
      }
    } onGracefulShutdown: {
      dispatcher.stop()
    }
  }

  /// One sweep and what is due, side by side: also when the source can't be reached, for deliveries don't need it.
  private func runOnce() async throws {
    let source = Locked<Result<Void, any Error>>(.success(()))
    try await withThrowingTaskGroup { group in
      group.addTask { try await dispatcher.run() }
      group.addTask {
        let result = await stoppable { try await lookOnce() }
        source.withLock { $0 = result }
        _ = try await digests.close()
        dispatcher.wake()
        dispatcher.finish(.whenNothingIsDue)
      }
      while try await group.next() != nil {}
    }
    try source.withLock { $0 }.get()
    if !Task.isShuttingDownGracefully { try await refuseWhatFailed() }
  }

  /// A run that seems to be gone is looked at until that is certain: the next process would begin to count anew.
  private func lookOnce() async throws {
    let first = try await watcher.sweep()
    dispatcher.wake()
    let last = try await watcher.settleAbsences { dispatcher.wake() } ?? first
    if let error = last.faults.values.first ?? last.lost.values.first { throw error }
    try refuse(last.missing)
  }

  /// What tells cron that not everything that was due has arrived.
  private func refuseWhatFailed() async throws {
    if await dispatcher.deadCount > 0 { throw Failure.deadLetters }
    let now = time.now()
    let waiting = try await store.deliveries(DeliveryFilter(status: .pending)).count { delivery in
      delivery.attempts > 0 || delivery.nextAttemptAt.map { $0 <= now } ?? true
    }
    guard waiting > 0 else { return }
    throw Failure(
      .tryLater,
      "\(waiting) of what was due could not be delivered yet; the next start tries again; "
        + "see: vi-notify deliveries list --status pending")
  }

  private func runOn() async throws {
    try await withThrowingTaskGroup { group in
      group.addTask { try await watchAndDeliver() }
      group.addTask { try await lookForWork() }
      group.addTask { try await pruner.run() }
      try await group.next()
      group.cancelAll()
    }
  }

  /// What another process asks for in the state (`deliveries replay`) rings no bell here, and neither does a digest whose
  /// time is over.
  private func lookForWork() async throws {
    while true {
      try await time.sleep(.seconds(1))
      _ = try await digests.close()
      dispatcher.wake()
      hooks.reapOrphans()
    }
  }

  private func watchAndDeliver() async throws {
    let unfinished = Locked<SourceError?>(nil)
    try await withThrowingTaskGroup { group in
      group.addTask { try await dispatcher.run() }
      group.addTask {
        try await stoppable { try await watch(unfinished) }.get()
        guard mode == .untilDone else { return }
        _ = try await digests.close(everything: true)
        dispatcher.finish(.whenAllIsSettled)
      }
      // Not `waitForAll`: that waits for the other one, which has no reason to end, before it throws.
      while try await group.next() != nil {}
    }
    if mode == .untilDone, let error = unfinished.withLock({ $0 }) { throw error }
  }

  /// A run that the user named and that never was: nobody should take that for a run that has ended.
  private func refuse(_ missing: [String]) throws(SourceError) {
    if let id = missing.first { throw .noSuchRun(id: id) }
  }

  /// - Parameter unfinished: gets why the last look did not find a run, or can't find out how it ends.
  private func watch(_ unfinished: Locked<SourceError?>) async throws {
    let belief = Locked(BeliefPolicy())
    try await watcher.run(
      Watcher.Reactions(
        onSweep: { report in
          belief.withLock { $0.read() }
          let missing = report.missing.first.map { SourceError.noSuchRun(id: $0) }
          unfinished.withLock { $0 = missing ?? report.lost.values.first }
          return mode == .untilDone && report.active == report.lost.count
        },
        onFailure: { [time] error in
          let (isBelieved, isFirst) = belief.withLock { ($0.failed(error, at: time.uptime()), !$0.wasRead) }
          guard isBelieved else { return }
          if mode == .untilDone { throw Failure(error) }
          if case .refused = error, isFirst { throw Failure(error) }
        },
        onNews: { dispatcher.wake() }))
  }

  /// Runs what a shutdown may simply cut off. Being cut off is no failure.
  private func stoppable(_ body: @escaping @Sendable () async throws -> Void) async -> Result<Void, any Error> {
    do {
      try await cancelWhenGracefulShutdown(body)
      return .success(())
    } catch {
      return error is CancellationError || Task.isShuttingDownGracefully ? .success(()) : .failure(error)
    }
  }
}
