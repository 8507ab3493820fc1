internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Obeys the signals: SIGTERM and SIGINT end the process, the second of them at once; SIGHUP has the rules file read anew.
///
/// It is the only place that hears them, and the first service, so that it is the last to end: a second signal is obeyed while the
/// others still finish what is under way.
struct SignalService<Signals: AsyncSequence<UnixSignal, Never> & Sendable>: Service {
  static var heard: [UnixSignal] { [.sigterm, .sigint, .sighup] }

  let signals: Signals
  let shutdown: Shutdown
  /// Nil: the rules file is not read anew.
  let reloader: Reloader?
  let log: Logger
  /// Hears of a reload when it begins; the reloader tells it of the end.
  let systemd: Systemd?
  /// At the first signal to end, before anything else.
  let onStop: @Sendable () -> Void

  func run() async throws {
    await cancelWhenGracefulShutdown { await obey() }
    try await gracefulShutdown()
  }

  private func obey() async {
    for await signal in signals {
      if signal == .sighup {
        hangUp()
        continue
      }
      if shutdown.isStopped { ProcessEnd.atOnce(afterSignal: signal.rawValue) }
      log.notice("stopping; what is on its way may end", metadata: ["signal": "\(signal)"])
      onStop()
      await shutdown.stop()
    }
  }

  private func hangUp() {
    if let reloader {
      systemd?.reloading()
      return reloader.ask()
    }
    log.warning("SIGHUP is ignored: with --once the rules file is read only at the start")
  }
}
