internal import Locking

/// Lets tasks go one after the other where they have the same key, in the order in which they came.
final class Turns: Sendable {
  private struct Waiter {
    let id: Int
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var nextID = 0
    /// Of keys whose turn is taken.
    var waiters: [String: [Waiter]] = [:]
  }

  private let state = Locked(State())

  /// Returns when it is the caller's turn, who must ``give(_:)`` it back then. False: the task was cancelled before that.
  func take(_ key: String) async -> Bool {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isTurn: Bool? = state.withLock { state in
          // The cancellation handler may have run before there was an entry.
          if Task.isCancelled { return false }
          guard state.waiters[key] != nil else {
            state.waiters[key] = []
            return true
          }
          state.waiters[key]?.append(Waiter(id: id, continuation: continuation))
          return nil
        }
        if let isTurn { continuation.resume(returning: isTurn) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        let index = state.waiters[key]?.firstIndex { $0.id == id }
        return index.flatMap { state.waiters[key]?.remove(at: $0) }
      }
      waiter?.continuation.resume(returning: false)
    }
  }

  func give(_ key: String) {
    let next: Waiter? = state.withLock { state in
      guard state.waiters[key]?.isEmpty == false else {
        state.waiters[key] = nil
        return nil
      }
      return state.waiters[key]?.removeFirst()
    }
    next?.continuation.resume(returning: true)
  }

  /// For tests: tasks that wait for a turn.
  var waiting: Int { state.withLock { $0.waiters.values.reduce(0) { $0 + $1.count } } }
}
