package import Delivery
internal import Hooks
package import Logging
internal import Models
package import Rules
package import Runs
internal import ServiceLifecycle
package import Storage
internal import Stores
package import Telemetry
package import Transport
internal import UnixSignals
internal import ViAPI
package import Watching

package enum WatchMode: Sendable {
  case forever
  /// One sweep, what is due, and end.
  case once
  /// Until every watched run has ended and every delivery is settled.
  case untilDone
}

/// The watcher as a process: how the rooms below are put together, and how they are stopped.
package final class Daemon: Sendable {
  /// What is on its way has so long to end after the first signal; then it is cut off, and hooks have
  /// `Hook.interruptGrace` more. Together under 10 s.
  private static let shutdownTime: Duration = .seconds(8)

  package let watcher: Watcher
  package let dispatcher: Dispatcher
  package let store: any StateStore
  private let digests: DigestCloser
  private let hooks: HookRunner
  private let retention: Duration
  private let rulesCopy: RuleFileCopy
  private let names: KnownNames
  private let http: HTTPClient
  private let downloads: HTTPClient
  package let telemetry = Telemetry(targets: Dispatcher.targets)
  private let clock: StateClock
  private let log: Logger

  /// Opens the state, which nobody else may be watching with, and makes everything ready. Nothing is sent yet.
  ///
  /// - Parameters:
  ///   - settings: the rules file's, or what the user put in their place.
  ///   - environment: the process's; hooks get a part of it.
  ///   - downloads: for models alone: its thread waits for the disk.
  package init(
    _ configuration: Configuration, settings: WatchSettings, state: String, environment: [String: String],
    http: HTTPClient, downloads: HTTPClient, time: TimeSource, log: Logger
  ) throws(Failure) {
    let (file, secrets) = (configuration.file, configuration.secrets)
    clock = StateClock(time)
    let client = try file.source.client(secrets, http, clock.even)
    do throws(StorageError) {
      store = try StateStores.open(state, for: .watching, onWait: Self.tellOfWaiting(log))
    } catch {
      throw Failure(error)
    }
    rulesCopy = configuration.copy
    names = KnownNames(
      destinations: Dictionary(file.destinations.map { ($0.name, $0.kind.rawValue) }) { first, _ in first },
      rules: Set(file.rules.map(\.name)))
    watcher = Watcher(
      source: client, store: store, rules: configuration.rules, settings: settings,
      rulesDigest: rulesCopy.digest, time: clock.even, stamp: { [clock] in clock.now }, telemetry: telemetry, log: log)
    // Nothing is known of the API's clock before it has answered.
    clock.ask(sourceAhead: { [watcher] in watcher.status.snapshot.lastWholeSweep == nil ? nil : client.clockSkew })
    hooks = HookRunner(baseEnvironment: environment)
    dispatcher = Dispatcher(
      store: store, destinations: file.destinations, http: http, secrets: secrets,
      hookRunner: hooks,
      models: DownloadSender(
        models: ModelDownloader(client: client, http: downloads, time: time), home: environment["HOME"],
        time: clock.even,
        log: log),
      extras: IncludeSender(source: client, time: clock.even),
      clock: clock, telemetry: telemetry, log: log, concurrency: configuration.rules.laneConcurrency,
      onStop: { [rules = configuration.rules, origin = client.origin] destination, reason, time in
        let event = RunEvent(stopped: destination, reason: reason, at: time, origin: origin)
        return NewEvent(event, rules.deliveries(for: [event]).flatMap { $0 }, rules, at: time)
      },
      steps: {
        [rules = configuration.rules, next = NextSteps(file.destinations, link: file.source.link)]
        settled, result, error, now in
        next.after(settled, result, error: error).compactMap { NewDelivery($0, rules, at: now) }
      })
    retention = file.retention
    digests = DigestCloser(
      store: store, rules: configuration.rules, destinations: file.destinations, time: clock.source,
      telemetry: telemetry, log: log)
    self.http = http
    self.downloads = downloads
    self.log = log
    if let fault = store.file.flatMap(OpenToAll.fault) {
      log.warning("the state is open to everybody", metadata: ["state": "\(store.name)", "reason": "\(fault)"])
    }
    log.notice(
      "watching", metadata: ["source": "\(client.endpoint)", "rules": "\(file.rules.count)", "state": "\(store.name)"])
  }

  private static func tellOfWaiting(_ log: Logger) -> @Sendable (String?) -> Void {
    { processID in
      log.warning(
        "another program has locked the state for writing; waiting for it",
        metadata: processID.map { ["process": "\($0)"] } ?? [:])
    }
  }

  /// Runs until done, or until SIGTERM or SIGINT; a second signal ends the process at once. SIGHUP is ignored.
  /// Throws ``Failure`` for what ends it otherwise.
  package func run(_ mode: WatchMode) async throws(Failure) {
    // Also where it ends with an error: what waits in the log belongs into the state.
    defer { store.close() }
    do {
      try await adoptState()
      try await store.remember(rulesCopy, at: clock.now)
      try await store.note(names)
      let released = try await store.releaseClaims(at: clock.now)
      if released > 0 {
        log.notice("attempts that were cut off by the last end are made again", metadata: ["deliveries": "\(released)"])
      }
      try await supervise(
        WatchService(
          watcher: watcher, store: store, dispatcher: dispatcher, digests: digests,
          pruner: Pruner(store: store, retention: retention, clock: clock), hooks: hooks,
          mode: mode, time: clock.system))
    } catch let error as Failure {
      throw error
    } catch let error as SourceError {
      throw Failure(error)
    } catch let error as StorageError {
      throw Failure(error)
    } catch is CancellationError {
      // The time for a graceful end was over: what was cut off is pending again.
    } catch {
      throw Failure(.stateUnusable, "\(error)")
    }
    await http.close()
    await downloads.close()
  }

  private func adoptState() async throws(StorageError) {
    let change = try await store.adopt(clock)
    guard change != .none else { return }
    log.notice(
      "the clock of this machine was set, or stood still, since the last process; what waits is moved with it",
      metadata: ["by": "\(change.ages.milliseconds / 1_000) s"])
  }

  private func supervise(_ service: WatchService) async throws {
    var configuration = ServiceGroupConfiguration(
      services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
      logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() })
    configuration.maximumGracefulShutdownDuration = Self.shutdownTime
    let group = ServiceGroup(configuration: configuration)
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    try await withThrowingTaskGroup { tasks in
      tasks.addTask { try await group.run() }
      tasks.addTask { [log, store] in
        await Self.obey(signals, group, log) { store.endSoon() }
      }
      // The signals end with the process only: when the group has ended, so has the work.
      try await tasks.next()
      tasks.cancelAll()
    }
  }

  private static func obey(
    _ signals: UnixSignalsSequence, _ group: ServiceGroup, _ log: Logger, onStop: () -> Void
  ) async {
    var isStopping = false
    for await signal in signals {
      if signal == .sighup {
        log.warning(
          "SIGHUP is ignored: the rules file is read only at the start",
          metadata: ["advice": "restart to use a changed rules file"])
        continue
      }
      if isStopping { ProcessEnd.atOnce(afterSignal: signal.rawValue) }
      isStopping = true
      log.notice("stopping; what is on its way may end", metadata: ["signal": "\(signal)"])
      onStop()
      await group.triggerGracefulShutdown()
    }
  }
}
