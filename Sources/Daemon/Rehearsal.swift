internal import Locking
package import Logging
package import Rules
package import Runs
package import Storage
internal import Stores
package import Transport
internal import ViAPI
internal import Watching

/// A whole sweep of the source by what the state knows, of which nothing is kept and nothing is sent.
package enum Rehearsal {
  package struct Outcome: Sendable {
    /// What would be committed, in order of time.
    package let events: [NewEvent]
    /// Deliveries that wait already, the oldest first.
    package let waiting: [DeliveryRecord]
    /// No sweep has been committed yet: runs that exist are the baseline.
    package let isFirst: Bool
    /// Of the runs that are watched, how many have not ended.
    package let active: Int
  }

  /// - Parameter state: read if it is there, and not made if it isn't.
  package static func run(
    _ configuration: Configuration, _ settings: WatchSettings, state: String, http: HTTPClient, time: TimeSource,
    log: Logger
  ) async throws -> Outcome {
    let clock = StateClock(time)
    let client = try configuration.file.source.client(configuration.secrets, http, clock.even)
    let store = try open(state)
    defer { store?.close() }
    let stage = RehearsalStore(store)
    let watcher = Watcher(
      source: client, store: stage, rules: configuration.rules, settings: settings, time: clock.even,
      stamp: { clock.now }, log: log)
    let first = try await watcher.sweep()
    let last = try await watcher.settleAbsences {} ?? first
    if let error = last.faults.values.first ?? last.lost.values.first { throw Failure(error) }
    if let id = last.missing.first { throw Failure(SourceError.noSuchRun(id: id)) }
    return Outcome(
      events: stage.events, waiting: try await store?.deliveries(DeliveryFilter(status: .pending)) ?? [],
      isFirst: stage.setsBaseline, active: last.active)
  }

  private static func open(_ state: String) throws(Failure) -> (any StateStore)? {
    do throws(StorageError) {
      return try StateStores.open(state, for: .reading)
    } catch {
      if case .missing = error { return nil }
      throw Failure(error)
    }
  }
}

/// Knows what a state knows, and remembers what is committed for as long as it lives.
private final class RehearsalStore: LedgerStore {
  private struct State {
    var events: [NewEvent] = []
    var setsBaseline = false
  }

  /// Nil: there is no state yet.
  private let store: (any StateStore)?
  private let state = Locked(State())

  init(_ store: (any StateStore)?) {
    self.store = store
  }

  var events: [NewEvent] { state.withLock { $0.events } }
  var setsBaseline: Bool { state.withLock { $0.setsBaseline } }

  func ledger(organization: String) async throws(StorageError) -> Ledger {
    try await store?.ledger(organization: organization) ?? Ledger()
  }

  func commit(_ sweep: SweepCommit) -> (events: Int, deliveries: Int) {
    state.withLock { state in
      state.events += sweep.events
      state.setsBaseline = state.setsBaseline || sweep.setsBaseline
    }
    return (sweep.events.count, sweep.events.reduce(0) { $0 + $1.deliveries.count })
  }

  func lastEvent(run: String) async throws(StorageError) -> [UInt8]? { try await store?.lastEvent(run: run) }

  func restraints(at now: Timestamp) async throws(StorageError) -> RestraintState {
    try await store?.restraints(at: now) ?? RestraintState()
  }
}
