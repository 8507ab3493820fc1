internal import Locking
internal import Rules
internal import Runs
internal import Secrets
internal import Storage
internal import Telemetry
internal import ViAPI
internal import Watching

/// Writes down now and then that this process lives, and what it sees. ``UpkeepService`` calls it, which shares its thread of control
/// with nothing that waits for others.
final class LifeSign: Sendable {
  /// Between two; whoever looks counts a silence of three as none.
  static let pause: Duration = .seconds(10)

  private let mode: WatchMode
  private let current: CurrentRuntime
  private let resources: Resources
  let startedAt: Timestamp
  private let reload = Locked<Heartbeat.Reload?>(nil)

  init(_ mode: WatchMode, _ current: CurrentRuntime, _ resources: Resources) {
    (self.mode, self.current, self.resources) = (mode, current, resources)
    startedAt = resources.clock.system.now()
  }

  var lastReload: Heartbeat.Reload? { reload.withLock { $0 } }

  /// - Parameter refusal: why older rules stay in use; nil: the file's are in use.
  func note(reload refusal: String?) {
    reload.withLock { $0 = Heartbeat.Reload(at: resources.clock.system.now(), refusal: refusal) }
  }

  /// Where another program has locked the state for too long, nothing is written: to wait for that is the business of those who have
  /// something to lose.
  func give(hasEnded: Bool = false) async throws(StorageError) {
    let (time, runtime, seen) = (resources.clock.system, current.runtime, resources.status.snapshot)
    var beat = Heartbeat(
      process: .current, mode: "\(mode)", startedAt: startedAt, beatAt: time.now(), uptime: time.uptime())
    beat.hasEnded = hasEnded
    (beat.endpoint, beat.organization) = (runtime.client.origin.endpoint, runtime.client.origin.organization)
    // It is kept: no secret may stand in it.
    let redactor = runtime.configuration.secrets.redactor
    (beat.sweptAt, beat.failure) = (seen.lastWholeSweep, seen.failure.map { redactor.redact($0) })
    (beat.active, beat.total) = (seen.active, seen.total)
    beat.patience = runtime.settings.unreachableAfter + runtime.settings.interval * 2
    beat.rulesFile = runtime.configuration.origin?.path ?? ""
    beat.rules = runtime.configuration.file.rules.count
    beat.reload = reload.withLock { $0 }.map { .init(at: $0.at, refusal: $0.refusal.map { redactor.redact($0) }) }
    do throws(StorageError) {
      try await resources.store.beat(beat)
      resources.telemetry.stateWritten.set(Double(beat.beatAt.milliseconds) / 1_000)
    } catch {
      guard case .busy = error else { throw error }
    }
  }
}
