internal import Delivery
internal import Hooks
internal import Runs
internal import ServiceLifecycle
internal import Storage
internal import Telemetry

/// What must be done at its time, whatever the rules say: digests whose time is over, what another process asks for in the state,
/// a clock that was set, processes that hooks left behind, and deliveries that may be forgotten.
struct UpkeepService: Service {
  /// At most so long between two looks at what rings no bell.
  private static let pause: Duration = .seconds(1)

  let current: CurrentRuntime
  let dispatcher: Dispatcher
  let resources: Resources
  let lifeSign: LifeSign

  func run() async throws {
    _ = try await stoppable { try await work() }.get()
    try await gracefulShutdown()
  }

  private func work() async throws {
    let (clock, store) = (resources.clock, resources.store)
    var pruner = Pruner(store: store, clock: clock)
    // By the uptime; nil: no digest is open.
    var nextDigest: Duration? = .zero
    var nextBeat: Duration = .zero
    let loops = resources.telemetry.loops
    defer { loops.rest(.upkeep) }
    while !Task.isCancelled {
      loops.begin(.upkeep, clock.system)
      // Of several processes, the one that watches does what is done once.
      let watches = store.isWatching
      if watches {
        if let due = nextDigest, due <= clock.uptime { nextDigest = try await closeDigests() }
        if nextBeat <= clock.uptime {
          try await lifeSign.give()
          nextBeat = clock.uptime + LifeSign.pause
        }
        if pruner.next <= clock.uptime { try await pruner.step(retention: current.runtime.retention) }
      }
      let limit = Self.wait(until: watches ? [nextDigest, pruner.next] : [], at: clock.uptime)
      loops.rest(.upkeep)
      let news = try await store.news(within: limit, by: clock.system)
      if !news.isEmpty { nextDigest = .zero }
      if news.contains(.outside) || clock.step != nil { dispatcher.wake() }
      resources.hooks.reapOrphans()
    }
  }

  /// How long nothing need be looked at: until the first of these moments by the uptime, and at most ``pause``. Nil: that never is.
  static func wait(until moments: [Duration?], at uptime: Duration) -> Duration {
    moments.compactMap(\.self).reduce(pause) { min($0, max(.zero, $1 - uptime)) }
  }

  /// Returns when the next one is due, by the uptime.
  private func closeDigests() async throws -> Duration? {
    if try await current.runtime.digests.close() > 0 { dispatcher.wake() }
    let (next, clock) = (try await resources.store.nextDigest(), resources.clock)
    return next.map { clock.uptime + max(.zero, $0 - clock.now) }
  }
}

/// Runs what a graceful end may simply cut off. Being cut off is no failure.
func stoppable(_ body: @escaping @Sendable () async throws -> Void) async -> Result<Void, any Error> {
  do {
    try await cancelWhenGracefulShutdown(body)
    return .success(())
  } catch {
    return error is CancellationError || Task.isShuttingDownGracefully ? .success(()) : .failure(error)
  }
}
