internal import Logging
internal import Rules
internal import Runs
internal import Secrets
internal import ServiceLifecycle
internal import Storage
internal import Telemetry
internal import Watching

/// Keeps systemd informed: `READY=1` after the first whole sweep, `STATUS=` for `systemctl status`, and `WATCHDOG=1` as long as the
/// loops that sweep and deliver come to the end of their turns, or wait for a state that is out of reach.
struct SystemdService: Service {
  /// Between two looks.
  private static let pause: Duration = .seconds(1)
  /// How long systemd may wait for the next word before the first whole sweep: a source that is down is no failed start.
  private static let patience: Duration = .seconds(30)

  let systemd: Systemd
  let current: CurrentRuntime
  let resources: Resources

  func run() async throws {
    await cancelWhenGracefulShutdown { await inform() }
    try await gracefulShutdown()
  }

  private func inform() async {
    let time = resources.clock.system
    var (isReady, told) = (false, "")
    var nextAlive: Duration = .zero
    while !Task.isCancelled {
      let seen = resources.status.snapshot
      if !isReady, seen.lastWholeSweep != nil || seen.follows {
        systemd.ready()
        isReady = true
      }
      if !isReady { systemd.extend(by: Self.patience) }
      let outage = resources.store.outage
      if outage != nil { resources.telemetry.loops.excuse(time) }
      let status = outage.map { Self.line($0.words) } ?? status(seen)
      if status != told { systemd.say("STATUS=\(status)") }
      told = status
      if let watchdog = systemd.watchdog, nextAlive <= time.uptime(), resources.telemetry.loops.hanging(time).isEmpty {
        systemd.say("WATCHDOG=1")
        nextAlive = time.uptime() + watchdog
      }
      try? await time.sleep(min(Self.pause, systemd.watchdog ?? Self.pause))
    }
  }

  private static func line(_ text: String) -> String { String(text.prefix(200)).replacing("\n", with: " ") }

  private func status(_ seen: WatchStatus.Snapshot) -> String {
    if let failure = seen.failure {
      return Self.line(current.runtime.configuration.secrets.redactor.redact("the source can't be read: \(failure)"))
    }
    if seen.follows { return "working beside the process that watches" }
    guard seen.lastWholeSweep != nil else { return "waiting for the first sweep" }
    return "watching \(seen.total) run\(seen.total == 1 ? "" : "s"), \(seen.active) under way"
  }
}
