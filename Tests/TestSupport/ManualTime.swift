internal import Locking
package import Runs

/// A clock that stands still until a test moves it. Who sleeps on it wakes when the moment comes, and not before.
///
/// As on a machine there are two: the wall's, which can be set, and the uptime, by which sleepers wake.
package final class ManualTime: Sendable {
  private struct Sleeper {
    let id: Int
    let until: Duration
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now: Timestamp
    var uptime: Duration = .seconds(1_000)
    var sleepers: [Sleeper] = []
    var nextID = 0
    var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state: Locked<State>

  package init(_ now: Timestamp = Timestamp(milliseconds: 1_766_000_000_000)) {
    state = Locked(State(now: now))
  }

  package var now: Timestamp { state.withLock { $0.now } }

  package var uptime: Duration { state.withLock { $0.uptime } }

  package var source: TimeSource {
    TimeSource(now: { self.now }, uptime: { self.uptime }, sleep: { try await self.sleep($0) })
  }

  /// Moves both clocks, and wakes whoever slept until then.
  package func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now = state.now + duration
      state.uptime += duration
      let due = state.sleepers.filter { $0.until <= state.uptime }
      state.sleepers.removeAll { $0.until <= state.uptime }
      return due
    }
    for sleeper in due { sleeper.continuation.resume() }
  }

  /// Somebody sets the wall clock, forward or (negative) back. No time passes by that, and nobody wakes.
  package func stepWall(by duration: Duration) {
    state.withLock { $0.now = $0.now + duration }
  }

  /// The machine was off for so long and is started anew: the uptime begins again, and the wall clock shows `error` more than
  /// it should. Nobody sleeps.
  package func reboot(off: Duration, error: Duration = .zero) {
    state.withLock { state in
      state.now = state.now + off + error
      state.uptime = .seconds(20)
    }
  }

  /// How long until the next sleeper wakes; nil when nobody sleeps.
  package var untilNextWake: Duration? {
    state.withLock { state in state.sleepers.map { $0.until - state.uptime }.min() }
  }

  /// Returns when so many tasks sleep: then everybody has come to rest.
  package func sleepers(atLeast count: Int) async {
    await withCheckedContinuation { continuation in
      let isMet = state.withLock { state in
        if state.sleepers.count >= count { return true }
        state.watchers.append((count, continuation))
        return false
      }
      if isMet { continuation.resume() }
    }
  }

  private func sleep(_ duration: Duration) async throws {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        fallAsleep(id, duration, continuation)
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        let found = state.sleepers.first { $0.id == id }
        state.sleepers.removeAll { $0.id == id }
        return found
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  private func fallAsleep(_ id: Int, _ duration: Duration, _ continuation: CheckedContinuation<Void, any Error>) {
    enum Next {
      case wake, cancel
      case sleep([CheckedContinuation<Void, Never>])
    }
    let next: Next = state.withLock { state in
      if Task.isCancelled { return .cancel }
      if duration <= .zero { return .wake }
      state.sleepers.append(Sleeper(id: id, until: state.uptime + duration, continuation: continuation))
      let met = state.watchers.filter { $0.count <= state.sleepers.count }.map(\.continuation)
      state.watchers.removeAll { $0.count <= state.sleepers.count }
      return .sleep(met)
    }
    switch next {
    case .wake: continuation.resume()
    case .cancel: continuation.resume(throwing: CancellationError())
    case .sleep(let watchers): for watcher in watchers { watcher.resume() }
    }
  }
}
