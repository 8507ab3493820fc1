internal import Hooks
internal import Locking
internal import Logging
internal import Runs
internal import Storage
internal import Telemetry
internal import Tracing
internal import Transport
internal import Watching

/// What a process has once, whatever its rules file says: it outlives every ``Runtime``.
struct Resources: Sendable {
  let store: any StateStore
  let http: HTTPClient
  /// For models alone: its thread waits for the disk.
  let downloads: HTTPClient
  let hooks: HookRunner
  /// Of the user, for places of downloads.
  let home: String?
  let clock: StateClock
  let telemetry: Telemetry
  /// Nil: the environment asks for no traces.
  let traces: Traces?
  let status: WatchStatus
  /// Of this process, where several share the state.
  let roles: Set<Role>
  /// This machine's clock, for what other machines compare with theirs.
  let time: TimeSource
  let log: Logger
  /// Nil: it didn't start this process.
  var systemd: Systemd?

  func close() async {
    await http.close()
    await downloads.close()
  }
}

/// Traces, and where they go.
struct Traces: Sendable {
  let tracer: Tracer
  let exporter: SpanExporter
}

/// The runtime in use.
final class CurrentRuntime: Sendable {
  private let state: Locked<Runtime>

  init(_ runtime: Runtime) {
    state = Locked(runtime)
  }

  var runtime: Runtime { state.withLock { $0 } }

  func replace(with next: Runtime) {
    state.withLock { $0 = next }
  }
}
