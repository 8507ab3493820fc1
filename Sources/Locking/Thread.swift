import Glibc

private final class ThreadWork: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Runs `body`, which may block, on a thread of its own, which ends with it.
///
/// - Returns: 0, or the `errno` that says why there is no thread; then `body` is not called.
package func startThread(_ body: @escaping @Sendable () -> Void) -> Int32 {
  var thread = pthread_t()
  let work = Unmanaged.passRetained(ThreadWork(body))
  let code = pthread_create(
    &thread, nil,
    { work in
      if let work { Unmanaged<ThreadWork>.fromOpaque(work).takeRetainedValue().body() }
      return nil
    }, work.toOpaque())
  if code == 0 { pthread_detach(thread) } else { work.release() }
  return code
}
