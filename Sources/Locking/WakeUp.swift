/// Wakes whoever waits for news. A ring wakes everybody who waits at that moment; while nobody waits one ring is kept for
/// the next, and further rings until then are one.
///
/// Each waiter has an entry of its own: with one place for all, a second waiter pushed out the first, whose continuation was
/// then never resumed.
package final class WakeUp: Sendable {
  private struct State {
    var isRung = false
    var nextID = 0
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Locked(State())

  package init() {}

  /// How many wait at this moment.
  package var waiting: Int { state.withLock { $0.waiters.count } }

  package func ring() {
    let waiters = state.withLock { state in
      state.isRung = state.waiters.isEmpty
      defer { state.waiters = [:] }
      return state.waiters
    }
    for waiter in waiters.values { waiter.resume() }
  }

  /// Returns at the next ring, at once when one was kept, or when the task is cancelled; a cancelled wait takes no ring from
  /// others.
  package func wait() async {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mayReturn = state.withLock { state in
          // The handler below may have run already, before there was an entry for it to find.
          if state.isRung || Task.isCancelled {
            state.isRung = state.isRung && Task.isCancelled
            return true
          }
          state.waiters[id] = continuation
          return false
        }
        if mayReturn { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
    }
  }
}
