internal import Locking

/// The wait for one message's end: by the broker, by time or by cancellation, whichever is first.
final class BrokerWait: Sendable {
  typealias End = Result<PublicationReply, TransportError>

  private struct State {
    var continuation: CheckedContinuation<End, Never>?
    var end: End?
    var isLetIn = false
  }

  let host: String
  private let state = Locked(State())

  init(host: String) { self.host = host }

  /// Nobody waits any more.
  var isOver: Bool { state.withLock { $0.end != nil } }
  var isLetIn: Bool { state.withLock { $0.isLetIn } }

  func letIn() { state.withLock { $0.isLetIn = true } }

  func begin(_ continuation: CheckedContinuation<End, Never>) {
    let end: End? = state.withLock { state in
      if state.end == nil { state.continuation = continuation }
      return state.end
    }
    if let end { continuation.resume(returning: end) }
  }

  func end(_ end: End) {
    let continuation: CheckedContinuation<End, Never>? = state.withLock { state in
      guard state.end == nil else { return nil }
      state.end = end
      defer { state.continuation = nil }
      return state.continuation
    }
    continuation?.resume(returning: end)
  }
}
