internal import Locking

/// A value that arrives once, for one waiter; later values are ignored.
final class Promise<Value: Sendable>: Sendable {
  private enum State: Sendable {
    case empty
    case awaited(CheckedContinuation<Value, any Error>)
    case kept(Result<Value, any Error>)
  }

  private let state = Locked(State.empty)

  func fulfil(_ result: Result<Value, any Error>) {
    let waiting: CheckedContinuation<Value, any Error>? = state.withLock { state in
      guard case .kept = state else {
        defer { state = .kept(result) }
        return if case .awaited(let continuation) = state { continuation } else { nil }
      }
      return nil
    }
    waiting?.resume(with: result)
  }

  func value() async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let kept: Result<Value, any Error>? = state.withLock { state in
        if case .kept(let result) = state { return result }
        state = .awaited(continuation)
        return nil
      }
      if let kept { continuation.resume(with: kept) }
    }
  }
}
