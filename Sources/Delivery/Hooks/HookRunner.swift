import Subprocess
import SystemPackage

/// Runs hooks: each in a process group of its own, with nothing of ours but five environment variables.
///
/// Promised when ``run(_:onLine:)`` returns: no process of the hook's group runs or waits to be reaped. Not promised: a process
/// that left the group (`setsid`) lives on, though nobody waits for it; and a hook outlives a vi-notify that is killed by KILL,
/// for a parent-death signal can only be asked for in the child between fork and exec, where posix_spawn lets nobody in
/// (systemd's control group covers both).
package struct HookRunner: Sendable {
  private let baseEnvironment: [String: String]
  private let clock: any Clock<Duration>

  /// - Parameters:
  ///   - baseEnvironment: our whole environment; PATH, HOME, LANG, TZ and TMPDIR pass into hooks.
  ///   - clock: measures ``Hook/timeout``; its sleep must throw when its task is cancelled.
  package init(baseEnvironment: [String: String], clock: any Clock<Duration> = ContinuousClock()) {
    self.baseEnvironment = baseEnvironment
    self.clock = clock
  }

  /// Runs one hook to its end. Cancelling the task stops it: TERM, ``Hook/interruptGrace``, KILL; so it returns within the grace.
  ///
  /// - Parameter onLine: hears each line as it is written, in order per stream, in pieces of at most 8 KiB, on a thread that
  ///   may block; a slow listener slows the hook.
  package func run(
    _ hook: Hook, onLine: @escaping @Sendable (HookStream, String) -> Void
  ) async -> HookResult {
    if Task.isCancelled { return HookResult(ending: .interrupted) }
    do throws(HookStartFailure) {
      let launch = try HookLaunch(hook, baseEnvironment: baseEnvironment)
      let descriptors = try HookDescriptors(stdin: hook.stdin)
      let result: Result<HookResult, HookStartFailure>
      do {
        result = .success(try await run(hook, launch, descriptors, onLine: onLine))
      } catch {
        result = .failure(launch.failure(from: error))
      }
      descriptors.closeOurs()
      return try result.get()
    } catch {
      return HookResult(ending: .notStarted(reason: error))
    }
  }

  private func run(
    _ hook: Hook, _ launch: HookLaunch, _ descriptors: borrowing HookDescriptors,
    onLine: @escaping @Sendable (HookStream, String) -> Void
  ) async throws -> HookResult {
    let wake = descriptors.wake.write
    let longest = Duration.seconds(86_400)
    let outcome = try await Subprocess.run(
      launch.configuration,
      input: .fileDescriptor(FileDescriptor(rawValue: descriptors.stdin), closeAfterSpawningProcess: true),
      output: .fileDescriptor(FileDescriptor(rawValue: descriptors.stdout.write), closeAfterSpawningProcess: true),
      error: .fileDescriptor(FileDescriptor(rawValue: descriptors.stderr.write), closeAfterSpawningProcess: true)
    ) { execution in
      let watch = HookWatch(
        group: ProcessGroup(leader: execution.processIdentifier.value),
        leaderDescriptor: execution.processIdentifier.processDescriptor,
        descriptors: descriptors, grace: min(hook.killGrace, longest),
        graceWhenInterrupted: min(hook.interruptGrace, longest), onLine: onLine)
      return await withTaskGroup(of: Void.self) { tasks in
        tasks.addTask { await stop(after: hook.timeout, wake) }
        let report = await watch.run()
        tasks.cancelAll()
        return report
      }
    }
    return HookResult(outcome.closureResult, outcome.terminationStatus)
  }

  /// The sleep is cancelled when the hook has ended, and then nobody reads the stop, or when our caller was cancelled.
  private func stop(after timeout: Duration, _ wake: Int32) async {
    do {
      try await clock.sleep(for: min(timeout, .seconds(365 * 86_400)))
      HookStop.timedOut.send(to: wake)
    } catch {
      HookStop.interrupted.send(to: wake)
    }
  }
}

extension HookResult {
  fileprivate init(_ report: HookWatch.Report, _ status: TerminationStatus) {
    let ending: Ending =
      switch (report.stop, status) {
      case (.timedOut?, _): .timedOut
      case (.interrupted?, _): .interrupted
      case (nil, .exited(let code)): .exited(code)
      case (nil, .signaled(let signal)): .signalled(signal)
      }
    self.init(ending: ending, stdout: report.stdout, stderr: report.stderr)
  }
}
