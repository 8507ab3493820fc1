/// Wakes the tasks that wait for news. A ring wakes every task that waits at that moment. Without a waiter, one ring is kept
/// for the next waiter, and further rings until then are merged into it.
///
/// Each waiter has its own entry: with a single slot, a second waiter replaced the first, whose continuation was then never
/// resumed.
package final class WakeUp: Sendable {
  private struct State {
    var isRung = false
    var nextID = 0
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Locked(State())

  package init() {}

  /// The number of tasks that wait now.
  package var waiting: Int { state.withLock { $0.waiters.count } }

  package func ring() {
    let waiters = state.withLock { state in
      state.isRung = state.waiters.isEmpty
      defer { state.waiters = [:] }
      return state.waiters
    }
    for waiter in waiters.values { waiter.resume() }
  }

  /// Forgets the kept ring. For callers that are about to check everything a ring could announce; later rings count.
  package func forget() {
    state.withLock { $0.isRung = false }
  }

  /// Returns at the next ring, immediately if one was kept, or when the task is cancelled. A cancelled wait doesn't consume a
  /// ring.
  package func wait() async {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mayReturn = state.withLock { state in
          // The cancellation handler may have run before the entry existed.
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
