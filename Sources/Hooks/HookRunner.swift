import Glibc
internal import Locking

/// Runs hooks, programs that the rules file names: each in a process group of its own, with nothing of ours but five
/// environment variables.
///
/// Flows in: a ``Hook`` with its command, environment, stdin and limits. Flows out: a ``HookResult`` with how it ended and both
/// ends of what it wrote, and its lines, as they come, to whoever listens. The room knows nothing of deliveries, retries or
/// rules: `Delivery` makes the ``Hook`` and reads the result.
///
/// - When ``run(_:secretPlaces:onLine:)`` returns, no process of the hook's group runs or waits to be reaped.
/// - Should we be killed meanwhile, by KILL too, ``HookGuard`` sends TERM to what is left of the group, and KILL after its grace.
/// - Memory stays flat, however much a hook writes (``HookOutput``), and so does the log (``HookLog``).
/// - No text of an event becomes part of a script, and no credential of ours reaches a hook that doesn't name it.
///
/// It doesn't contain a hook: a process that leaves the group (`setsid`) lives on, though nobody waits for it. systemd's control
/// group covers that.
///
/// Begin reading here, then ``HookLaunch`` (everything that is decided before the start), `HookLaunch+Start.swift` and `CProcess`
/// (the start itself) and ``HookWatch`` (one thread a hook, from the start to the end).
package struct HookRunner: Sendable {
  private static let maxTimeout: Duration = .seconds(365 * 86_400)

  private let baseEnvironment: [String: String]
  private let clock: any Clock<Duration>
  let guardian: HookGuard
  private let children = HookChildren()

  /// - Parameters:
  ///   - baseEnvironment: our whole environment; PATH, HOME, LANG, TZ and TMPDIR pass into hooks.
  ///   - clock: measures ``Hook/timeout``; its sleep must throw when its task is cancelled.
  ///   - guardGrace: from TERM to KILL for the hooks that run when we are killed.
  package init(
    baseEnvironment: [String: String], clock: any Clock<Duration> = ContinuousClock(),
    guardGrace: Duration = .seconds(10)
  ) {
    self.baseEnvironment = baseEnvironment
    self.clock = clock
    guardian = HookGuard(grace: guardGrace)
  }

  /// With a guard of the caller's, and the system's clock.
  init(baseEnvironment: [String: String], guardian: HookGuard) {
    self.baseEnvironment = baseEnvironment
    self.guardian = guardian
    clock = ContinuousClock()
  }

  /// Reaps processes that hooks have left behind and that became ours when their parents ended. To be called now and then, where
  /// we may be the first process of a container; elsewhere nothing becomes ours.
  package func reapOrphans() { children.reapOrphans() }

  /// Runs one hook to its end. Cancelling the task stops it: TERM, ``Hook/interruptGrace``, KILL; so it returns within the grace.
  ///
  /// - Parameters:
  ///   - secretPlaces: where secrets stand in bytes: a line that comes in pieces isn't cut there.
  ///   - onLine: hears each line as it is written, in order per stream, in pieces of at most 8 KiB and no more than 1 MiB
  ///     in all (``HookLog``), on a thread that may block; a slow listener slows the hook.
  package func run(
    _ hook: Hook, secretPlaces: @escaping @Sendable ([UInt8]) -> [Range<Int>] = { _ in [] },
    onLine: @escaping @Sendable (HookStream, String) -> Void
  ) async -> HookResult {
    if Task.isCancelled { return HookResult(ending: .interrupted) }
    do throws(HookStartFailure) {
      let launch = try HookLaunch(hook, baseEnvironment: baseEnvironment)
      let descriptors = try HookDescriptors(stdin: hook.stdin, owner: launch.account?.user)
      defer { descriptors.closeOurEnds() }
      return try await run(hook, launch, descriptors, HookLog(secretPlaces: secretPlaces, onLine))
    } catch {
      return HookResult(ending: .notStarted(reason: error))
    }
  }

  private func run(
    _ hook: Hook, _ launch: HookLaunch, _ descriptors: HookDescriptors, _ log: HookLog
  ) async throws(HookStartFailure) -> HookResult {
    let result = await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await stop(after: hook.timeout, descriptors.wake.write) }
      defer { tasks.cancelAll() }
      // A hook hears of the end of the THREAD that started it (prctl(2), PR_SET_PDEATHSIG), so that must be there until it has ended.
      return await onItsOwnThread { stay(with: hook, launch, descriptors, log) }
        .mapError { HookStartFailure.system(errno: $0.number) }
    }
    if case .failure = result { descriptors.closeChildsEnds() }
    return try result.get()
  }

  /// From the start to the end, on one thread.
  private func stay(
    with hook: Hook, _ launch: HookLaunch, _ descriptors: HookDescriptors, _ log: HookLog
  ) -> HookResult {
    // Starting a guard makes children as well, which it reaps itself.
    let (place, started) = children.starting {
      let place = guardian.take()
      return (place, Result { () throws(HookStartFailure) in try launch.start(descriptors, guardian, place: place) })
    } leader: {
      try? $0.1.get().group.leader
    }
    descriptors.closeChildsEnds()
    var result: HookResult
    switch started {
    case .success(let child):
      var watch = HookWatch(child, of: hook, descriptors: descriptors, log: log)
      result = watch.run { guardian.leave(place) }
      children.ended(child.group.leader)
      children.reapOrphans()
    case .failure(let reason):
      guardian.leave(place)
      result = HookResult(ending: .notStarted(reason: reason))
    }
    result.shortened = launch.shortened
    result.guardFailure = guardian.failureToTell()
    return result
  }

  /// The sleep is cancelled when the hook has ended, and then nobody reads the stop, or when our caller was cancelled.
  private func stop(after timeout: Duration, _ wake: Int32) async {
    do {
      try await clock.sleep(for: min(timeout, Self.maxTimeout))
      HookStop.timedOut.send(to: wake)
    } catch {
      HookStop.interrupted.send(to: wake)
    }
  }
}
