import Glibc
internal import Locking

enum ProcessEnd {
  /// As a shell reports it: 128 and the signal. Nothing is cleaned up; the state needs no cleaning.
  static func atOnce(afterSignal signal: Int32) -> Never {
    _exit(128 + signal)
  }
}

/// Up until it is lowered.
final class Flag: Sendable {
  private let state = Locked(true)

  var isUp: Bool { state.withLock { $0 } }

  func lower() {
    state.withLock { $0 = false }
  }
}
