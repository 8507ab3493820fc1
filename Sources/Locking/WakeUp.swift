/// A bell for one sleeper: a ring while nobody sleeps is kept, and further rings until then are one.
package final class WakeUp: Sendable {
  private enum State {
    case quiet
    case rung
    case sleeping(CheckedContinuation<Void, Never>)
  }

  private let state = Locked(State.quiet)

  package init() {}

  package func ring() {
    let sleeper: CheckedContinuation<Void, Never>? = state.withLock { state in
      if case .sleeping(let continuation) = state {
        state = .quiet
        return continuation
      }
      state = .rung
      return nil
    }
    sleeper?.resume()
  }

  /// Returns at the next ring, at once when there was one, or when the task is cancelled (that ring is then spent).
  package func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isRung = state.withLock { state in
          if case .quiet = state, !Task.isCancelled {
            state = .sleeping(continuation)
            return false
          }
          state = .quiet
          return true
        }
        if isRung { continuation.resume() }
      }
    } onCancel: {
      ring()
    }
  }
}
