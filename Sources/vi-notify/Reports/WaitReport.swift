import Daemon
import Rules
import Runs
import Storage

/// What deliveries, digests and destinations wait for: the one place that knows, for `status`, `deliveries` and `explain`.
struct WaitReport {
  private let states: [String: DestinationState]
  private let names: KnownNames?
  private let isWatched: Bool
  let now: Timestamp

  /// - Parameter time: by which "now" is.
  init(_ store: any StateStore, _ time: TimeSource = .system) async throws(StorageError) {
    now = time.now()
    let all = try await store.destinationStates()
    states = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    names = try await store.knownNames()
    let health = WatcherHealth(try await store.heartbeat(), now: now, uptime: time.uptime()) { ProcessSight($0) }
    isWatched = health.state == .running
  }

  /// What a whole target waits for; nil: it delivers.
  func wait(of target: Target) -> Wait? {
    guard let name = target.destination else { return nil }
    if let names, names.destinations[name] == nil { return .missing(name) }
    guard let state = states[name] else { return nil }
    if let since = state.stoppedAt {
      return .stopped(since: since, reason: state.stoppedReason ?? "at its request", nextProbe: state.nextProbeAt)
    }
    if let until = state.holdUntil, until > now { return .held(until: until) }
    return state.isProbed ? .failing(failures: state.failures, nextProbe: state.nextProbeAt) : nil
  }

  /// Nil: it is delivered or dead.
  func wait(of record: DeliveryRecord) -> Wait? {
    switch record.status {
    case .delivered, .dead: return nil
    case .claimed: return .underWay
    case .pending: break
    }
    if let wait = wait(of: record.destination) { return wait }
    if let ahead = record.behind { return .order(behind: ahead) }
    let mark = "wrongForm: "
    if let reason = record.reason, reason.hasPrefix(mark) { return .form(String(reason.dropFirst(mark.count))) }
    if let next = record.nextAttemptAt, next > now { return delay(of: record, until: next) }
    if let pace = record.destination.destination.flatMap({ names?.paces[$0] }), isWatched { return .pace(pace) }
    return isWatched ? .turn : .noWatcher
  }

  private func delay(of record: DeliveryRecord, until next: Timestamp) -> Wait {
    if record.delay == .quiet { return .quiet(until: next) }
    // It is tried with the destination's next probe, which comes before its own time.
    if let state = states[record.destination.name], state.failures > 0, record.destination.destination != nil {
      return .failing(failures: state.failures, nextProbe: state.nextProbeAt.map { min($0, next) })
    }
    return .retry(at: next)
  }

  func wait(of digest: CollectingDigest) -> Wait {
    .digest(until: digest.dueAt, events: digest.count)
  }

  /// For JSON: moments in UTC.
  func json(_ record: DeliveryRecord) -> String? { wait(of: record)?.words(\.iso8601) }

  func text(_ record: DeliveryRecord, _ time: PeopleTime) -> String? { wait(of: record)?.words(time.inWords) }
}
