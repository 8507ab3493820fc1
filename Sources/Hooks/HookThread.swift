internal import Locking

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
