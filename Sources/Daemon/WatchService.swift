internal import Delivery
internal import Locking
internal import Logging
internal import Runs
internal import ServiceLifecycle
internal import ViAPI
internal import Watching

/// Watching and delivering side by side, until told to stop or until there is nothing left to do.
struct WatchService: Service {
  let watcher: Watcher
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

  /// One sweep, then what is due: also when the source can't be reached, for deliveries don't need it.
  private func runOnce() async throws {
    let sweep = await stoppable { try refuse(try await watcher.sweep().missing) }
    _ = try await digests.close()
    dispatcher.finish(.whenNothingIsDue)
    try await dispatcher.run()
    if case .failure(let error) = sweep { throw error }
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
    let missing = Locked<[String]>([])
    try await withThrowingTaskGroup { group in
      group.addTask { try await dispatcher.run() }
      group.addTask {
        try await stoppable { try await watch(missing) }.get()
        guard mode == .untilDone else { return }
        _ = try await digests.close(everything: true)
        dispatcher.finish(.whenAllIsSettled)
      }
      // Not `waitForAll`: that waits for the other one, which has no reason to end, before it throws.
      while try await group.next() != nil {}
    }
    if mode == .untilDone { try refuse(missing.withLock { $0 }) }
  }

  /// A run that the user named and that never was: nobody should take that for a run that has ended.
  private func refuse(_ missing: [String]) throws(SourceError) {
    if let id = missing.first { throw .noSuchRun(id: id) }
  }

  /// - Parameter missing: gets the runs that the last sweep did not find.
  private func watch(_ missing: Locked<[String]>) async throws {
    let isFirst = Flag()
    try await watcher.run(
      Watcher.Reactions(
        onSweep: { report in
          isFirst.lower()
          missing.withLock { $0 = report.missing }
          return mode == .untilDone && report.active == 0
        },
        onFailure: { error in
          if case .refused = error, isFirst.isUp { throw Failure(error) }
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
