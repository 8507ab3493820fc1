import Glibc

/// Does work that blocks, on a thread that does nothing else and ends with it.
///
/// A thread of its own rather than one of Dispatch's: a hook hears of the end of the THREAD that started it (prctl(2),
/// PR_SET_PDEATHSIG), so that must be there until the hook has ended; and Dispatch gives out no more than 255.
///
/// - Returns: `.failure`, when the system has no thread to give; then `work` was not done.
func onItsOwnThread<Value: Sendable>(
  _ work: @escaping @Sendable () -> Value
) async -> Result<Value, HookStartFailure> {
  await withCheckedContinuation { continuation in
    let code = startThread { continuation.resume(returning: .success(work())) }
    if code != 0 { continuation.resume(returning: .failure(.system(errno: code))) }
  }
}

private final class ThreadWork: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// - Returns: 0, or why there is no thread; then `body` is not called.
private func startThread(_ body: @escaping @Sendable () -> Void) -> Int32 {
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
