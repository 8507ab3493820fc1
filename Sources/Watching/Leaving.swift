internal import Locking
internal import Runs

/// How a watcher is asked to make room for the next one: it ends between two sweeps.
final class Leaving: Sendable {
  private let state = Locked(false)
  private let bell = WakeUp()

  var isWanted: Bool { state.withLock { $0 } }

  func want() {
    state.withLock { $0 = true }
    bell.ring()
  }

  /// Until the time is over or ``want()``. Throws `CancellationError` if the task is cancelled.
  func sleep(_ duration: Duration, _ time: TimeSource) async throws {
    guard !isWanted else { return }
    try await withThrowingTaskGroup { group in
      group.addTask { try await time.sleep(duration) }
      group.addTask { [bell] in await bell.wait() }
      try await group.next()
      group.cancelAll()
    }
    try Task.checkCancellation()
  }
}

extension Watcher {
  /// What the next watcher of the same source goes on with. Everything else it reads from the state and from its first sweep,
  /// which reads the whole list.
  package struct Legacy: Sendable {
    /// When the process began to watch.
    let start: Timestamp
    let outage: Outage
    /// By the uptime.
    let hold: Duration?
  }

  package var legacy: Legacy { Legacy(start: start, outage: outage, hold: hold) }

  /// Makes ``run(_:)`` return after the sweep that is under way, or at once between two.
  package nonisolated func leave() { leaving.want() }
}
