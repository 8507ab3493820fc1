internal import Locking

/// Does work that blocks on a thread of its own, in which SIGPIPE is blocked.
///
/// - Returns: nil when it has begun.
func startThread(_ body: @escaping @Sendable () -> Void) -> TransportError? {
  let code = Locking.startThread {
    blockBrokenPipeSignal()
    body()
  }
  return code == 0 ? nil : .other(code: Int(code), text: "the thread could not be started")
}
