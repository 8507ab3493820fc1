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

/// The system has no thread to give.
package struct NoThread: Error {
  /// Of pthread_create(3), mostly `EAGAIN`.
  package let number: Int32
}

/// Does work that blocks or computes for long, on a thread that does nothing else and ends with it.
///
/// Not on one of Dispatch's global queues: on Linux those give their work to the same threads as tasks, one for each core. While
/// two jobs computed for 4 s on two cores, no task began.
///
/// - Returns: `.failure`, when there is no thread; then `work` was not done.
package func onItsOwnThread<Value: Sendable>(
  _ work: @escaping @Sendable () -> Value
) async -> Result<Value, NoThread> {
  await withCheckedContinuation { continuation in
    let code = startThread { continuation.resume(returning: .success(work())) }
    if code != 0 { continuation.resume(returning: .failure(NoThread(number: code))) }
  }
}
