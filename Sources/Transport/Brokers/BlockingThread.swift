import Glibc

private final class ThreadWork: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Does work that blocks on a thread of its own, in which SIGPIPE is blocked.
///
/// - Returns: nil when it has begun.
func startThread(_ body: @escaping @Sendable () -> Void) -> TransportError? {
  var thread = pthread_t()
  let work = Unmanaged.passRetained(ThreadWork(body))
  let code = pthread_create(
    &thread, nil,
    { work in
      blockBrokenPipeSignal()
      if let work { Unmanaged<ThreadWork>.fromOpaque(work).takeRetainedValue().body() }
      return nil
    }, work.toOpaque())
  if code == 0 {
    pthread_detach(thread)
    return nil
  }
  work.release()
  return .other(code: Int(code), text: "the thread could not be started")
}
