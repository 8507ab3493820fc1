package import Delivery
internal import HTTPServing
internal import Glibc
internal import Hooks
internal import Locking
package import Logging
package import Rules
package import Runs
internal import Secrets
internal import ServiceLifecycle
internal import StatusPort
package import Storage
internal import Stores
package import Telemetry
package import Transport
package import UnixSignals
internal import ViAPI
package import Watching

package enum WatchMode: Sendable {
  case forever
  /// One sweep, what is due, and end.
  case once
  /// Until every watched run has ended and every delivery is settled.
  case untilDone
}

/// The watcher as a process: how the modules below are put together, and how they are stopped.
///
/// From `main` to the first sweep there are two steps. ``prepare(_:settings:state:environment:http:downloads:time:log:)`` opens the
/// state and takes it over: its moments, its rules, what the last process was killed in. Where several processes share a state, one of
/// them does that and watches, now or when another has ended (``WatchTurn``).
/// ``run(_:signals:)`` starts four services in one group: the signals, delivery, upkeep, and watching, which begins with a sweep.
///
/// - ``Resources`` is what the process has once; ``Runtime`` is everything that is made of one rules file. Reading the file anew is a
///   loop around the runtime, in ``WatchingService``, which holds the order of that.
/// - Services end in reverse order when the group asks them to, and only then (``Shutdown``).
/// - What goes from one to the other goes through the state; beside it there are only bells.
package final class Daemon: Sendable {
  /// What is on its way has so long to end after the first signal; then it is cut off, and hooks have
  /// `Hook.interruptGrace` more. Together under 10 s.
  private static let shutdownTime: Duration = .seconds(8)

  package let dispatcher: Dispatcher
  package var store: any StateStore { resources.store }
  package var status: WatchStatus { resources.status }
  package var telemetry: Telemetry { resources.telemetry }
  private let resources: Resources
  private let current: CurrentRuntime
  private let settings: @Sendable (Configuration) -> WatchSettings
  private let door: Door?

  /// The status port's listening socket, and how it is served.
  private struct Door: Sendable {
    let settings: PortSettings
    let listener: Listener

    static func open(_ settings: PortSettings?) throws(Failure) -> Door? {
      guard let settings else { return nil }
      return Door(settings: settings, listener: try settings.listen())
    }
  }

  /// How a process shares its state with others.
  package struct Sharing: Sendable {
    package let roles: Set<Role>
    /// See ``Member/worker``; empty: the host's name.
    package let worker: String
    /// Other processes may be working with the state; false: this one is alone, or it doesn't begin.
    package let isAllowed: Bool

    package init(roles: Set<Role> = Set(Role.allCases), worker: String = "", isAllowed: Bool) {
      (self.roles, self.worker, self.isAllowed) = (roles, worker, isAllowed)
    }

    package static let alone = Sharing(isAllowed: false)

    fileprivate func use(version: String) -> StateUse {
      isAllowed ? .sharing(roles, worker: worker, version: version) : .watching
    }
  }

  /// Opens the state, and takes it over unless another process has. Nothing is sent yet.
  ///
  /// - Parameters:
  ///   - settings: of a rules file, or what the user put in their place.
  ///   - environment: the process's; hooks get a part of it, and it says where traces go.
  ///   - version: of this program.
  ///   - downloads: for models alone: its thread waits for the disk.
  ///   - port: the address of the status port, which listens when this returns; nil opens no port.
  package static func prepare(
    _ configuration: Configuration, settings: @escaping @Sendable (Configuration) -> WatchSettings, state: String,
    environment: [String: String], version: String = "", http: HTTPClient, downloads: HTTPClient,
    port: PortSettings? = nil, sharing: Sharing = .alone, time: TimeSource, log: Logger
  ) async throws(Failure) -> Daemon {
    let door = try Door.open(port)
    let telemetry = Telemetry(targets: Dispatcher.targets)
    let traces = try Traces(
      environment, version, redactor: configuration.secrets.redactor, telemetry, http, time: time, log)
    // What is wrong with the source is said before a state is made or taken over.
    _ = try configuration.file.source.client(configuration.secrets, http, time)
    let store = try await open(state, for: sharing.use(version: version), onWait: StateReport.tell(log, telemetry))
    do throws(Failure) {
      let clock = StateClock(store.clock(time))
      let client = try configuration.file.source.client(configuration.secrets, http, clock.even)
      let daemon = Daemon(
        Runtime.Plan(configuration: configuration, client: client), settings: settings,
        Resources(
          store: store, http: http, downloads: downloads, hooks: HookRunner(baseEnvironment: environment),
          home: environment["HOME"], clock: clock, telemetry: telemetry, traces: traces, status: WatchStatus(),
          roles: sharing.roles, time: time, log: log, systemd: Systemd(environment)), door)
      try await daemon.begin()
      return daemon
    } catch {
      store.close()
      throw error
    }
  }

  private init(
    _ plan: Runtime.Plan, settings: @escaping @Sendable (Configuration) -> WatchSettings, _ resources: Resources,
    _ door: Door?
  ) {
    self.door = door
    self.settings = settings
    self.resources = resources
    let runtime = Runtime(plan, settings: settings(plan.configuration), resources)
    current = CurrentRuntime(runtime)
    dispatcher = Dispatcher(
      store: resources.store, configuration: runtime.delivery, clock: resources.clock, telemetry: resources.telemetry,
      tracer: resources.traces?.tracer, roles: resources.roles, log: resources.log)
    // Nothing is known of the API's clock before it has answered.
    resources.clock.ask(sourceAhead: { [current, status = resources.status] in
      status.snapshot.lastWholeSweep == nil ? nil : current.runtime.client.clockSkew
    })
  }

  /// On a thread that may wait for a server.
  private static func open(
    _ state: String, for use: StateUse, onWait: @escaping @Sendable (StateWait) -> Void
  ) async throws(Failure) -> any StateStore {
    let result = await onItsOwnThread {
      Result { () throws(StorageError) in try StateStores.open(state, for: use, onWait: onWait) }
    }
    switch result {
    case .success(.success(let store)): return store
    case .success(.failure(let error)): throw Failure(error)
    case .failure(let failure):
      throw Failure(
        .tryLater,
        "no thread could be started to open the state: \(String(cString: strerror(failure.number))); "
          + "raise the limit of threads (ulimit -u, or TasksMax of the unit)")
    }
  }

  private func begin() async throws(Failure) {
    do throws(StorageError) {
      if let fault = store.file.flatMap(OpenToAll.fault) {
        resources.log.warning(
          "the state is open to everybody", metadata: ["state": "\(store.name)", "reason": "\(fault)"])
      }
      if resources.roles.contains(.watch), try await store.takeWatch() { return try await takeOver() }
    } catch {
      throw Failure(error)
    }
    status.follow(true)
    resources.log.notice(
      "working beside others with this state; another process watches, or will",
      metadata: [
        "state": "\(store.name)", "roles": "\(resources.roles.map(\.rawValue).sorted().joined(separator: ","))",
      ])
  }

  /// This process watches from now on.
  private func takeOver() async throws(StorageError) {
    let (log, runtime) = (resources.log, current.runtime)
    status.follow(false)
    let change = try await store.adopt(resources.clock)
    if change != .none {
      log.notice(
        "the clock of this machine was set, or stood still, since the last process; what waits is moved with it",
        metadata: ["by": "\(change.ages.milliseconds / 1_000) s"])
    }
    try await runtime.remember(in: resources)
    let released = try await store.releaseClaims(at: resources.clock.now)
    if released > 0 {
      log.notice("attempts that were cut off by the last end are made again", metadata: ["deliveries": "\(released)"])
    }
    log.notice(
      "watching",
      metadata: [
        "source": "\(runtime.client.endpoint)", "rules": "\(runtime.configuration.file.rules.count)",
        "state": "\(store.name)",
      ])
  }

  /// Runs until done, or until SIGTERM or SIGINT; a second signal ends the process at once. At SIGHUP, and when the rules file has
  /// changed, the rules are read anew. Throws ``Failure`` for what ends it otherwise.
  package func run(_ mode: WatchMode) async throws(Failure) {
    let signals = await UnixSignalsSequence(trapping: SignalService<UnixSignalsSequence>.heard)
    try await run(mode, signals: signals)
  }

  /// - Parameter signals: in the place of the process's.
  package func run(
    _ mode: WatchMode, signals: some AsyncSequence<UnixSignal, Never> & Sendable
  ) async throws(Failure) {
    // Also where it ends with an error: what waits in the log belongs into the state.
    defer { store.close() }
    let (shutdown, lifeSign) = (Shutdown(), LifeSign(mode, current, resources))
    do {
      try await serve(mode, signals, shutdown, lifeSign)
      if store.isWatching { try await lifeSign.give(hasEnded: true) }
      try shutdown.check()
      if mode == .once, !shutdown.isStopped { try await refuseWhatFailed() }
    } catch let error as Failure {
      throw error
    } catch let error as SourceError {
      throw Failure(error)
    } catch let error as StorageError {
      throw Failure(error)
    } catch is CancellationError {
      // The time for a graceful end was over: what was cut off is pending again.
      if store.isWatching { try? await lifeSign.give(hasEnded: true) }
    } catch {
      throw Failure(.stateUnusable, "\(error)")
    }
    await resources.close()
  }

  private func serve(
    _ mode: WatchMode, _ signals: some AsyncSequence<UnixSignal, Never> & Sendable, _ shutdown: Shutdown,
    _ lifeSign: LifeSign
  ) async throws {
    let pulse = Pulse()
    let reloader = Reloader(resources, current.runtime.configuration, lifeSign)
    var services: [any Service] = [
      SignalService(
        signals: signals, shutdown: shutdown, reloader: mode == .once ? nil : reloader, log: resources.log,
        systemd: resources.systemd,
        onStop: { [store, dispatcher, systemd = resources.systemd] in
          systemd?.stopping(within: Self.shutdownTime * 2)
          store.endSoon()
          dispatcher.stop()
        }),
      DeliveryService(dispatcher: dispatcher, shutdown: shutdown),
    ]
    if let door { services.insert(statusService(door, reloader, lifeSign), at: 1) }
    // Ends after those whose spans it posts.
    if let traces = resources.traces { services.insert(TracingService(exporter: traces.exporter), at: 1) }
    // A look from cron closes what is due itself, and is too short for the rest.
    if mode != .once {
      services.append(
        UpkeepService(current: current, dispatcher: dispatcher, resources: resources, lifeSign: lifeSign))
      services.append(HeartbeatService(current: current, resources: resources, pulse: pulse))
      if let systemd = resources.systemd {
        services.append(SystemdService(systemd: systemd, current: current, resources: resources))
      }
    }
    services.append(
      WatchingService(
        current: current, dispatcher: dispatcher, reloader: reloader, resources: resources, shutdown: shutdown,
        mode: mode, pulse: pulse, settings: settings,
        turn: WatchTurn(resources: resources) { () throws(StorageError) in
          try await self.takeOver()
          try await lifeSign.give()
          self.dispatcher.wake()
        }))
    var configuration = ServiceGroupConfiguration(services: services, logger: resources.log)
    configuration.maximumGracefulShutdownDuration = Self.shutdownTime
    let group = ServiceGroup(configuration: configuration)
    shutdown.bind { await group.triggerGracefulShutdown() }
    try await group.run()
  }

  private func statusService(_ door: Door, _ reloader: Reloader, _ lifeSign: LifeSign) -> StatusService {
    let (settings, time) = (door.settings, resources.clock.system)
    let watcher = RunningWatcher(
      current: current, resources: resources, lifeSign: lifeSign, reloader: reloader, dispatcher: dispatcher)
    let surroundings = Surroundings(
      store: store, telemetry: telemetry, clock: resources.clock, documents: settings.documents,
      version: settings.version)
    let port = StatusPort(watcher, surroundings, host: settings.host, token: settings.token)
    resources.log.notice(
      "the status port listens", metadata: ["address": "http://\(settings.shown):\(door.listener.port)/"])
    let server = Server(door.listener, time: time) { await port.respond(to: $0) }
    return StatusService(port: port, server: server, log: resources.log)
  }

  /// What tells cron that not everything that was due has arrived.
  private func refuseWhatFailed() async throws {
    if await dispatcher.deadCount > 0 { throw Failure.deadLetters }
    let now = resources.clock.system.now()
    let waiting = try await store.deliveries(DeliveryFilter(status: .pending)).count { delivery in
      delivery.attempts > 0 || delivery.nextAttemptAt.map { $0 <= now } ?? true
    }
    guard waiting > 0 else { return }
    throw Failure(
      .tryLater,
      "\(waiting) of what was due could not be delivered yet; the next start tries again; "
        + "see: vi-notify deliveries list --status pending")
  }
}
