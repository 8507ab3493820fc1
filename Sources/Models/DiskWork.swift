internal import Glibc
internal import Locking

/// Runs work that blocks on the disk, or unpacks for minutes, on its own thread, because the pool that tasks share has only one
/// thread per core.
///
/// - Parameter work: checks regularly whether it is cancelled, and then throws ``DownloadError/cancelled``.
/// - Throws: what `work` throws, and ``DownloadError/noThread(number:)``.
func onDisk<Value: Sendable>(
  _ work: @escaping @Sendable (_ isWanted: @escaping @Sendable () -> Bool) throws(DownloadError) -> Value
) async throws(DownloadError) -> Value {
  let isCancelled = Locked(false)
  let result: Result<Result<Value, DownloadError>, NoThread> = await withTaskCancellationHandler {
    await onItsOwnThread {
      Result { () throws(DownloadError) in try work { !isCancelled.withLock { $0 } } }
    }
  } onCancel: {
    isCancelled.withLock { $0 = true }
  }
  switch result {
  case .success(let result): return try result.get()
  case .failure(let failure): throw .noThread(number: failure.number)
  }
}

/// A file descriptor that closes itself.
///
/// `@unchecked`: the number never changes, and any thread may use it.
final class Descriptor: @unchecked Sendable {
  let number: Int32
  let path: String

  /// - Parameter follows: the path may end in a link.
  /// - Throws: ``DownloadError/disk(path:number:)``.
  init(_ path: String, _ flags: Int32, mode: mode_t = 0o600, follows: Bool = false) throws(DownloadError) {
    let opened = open(path, flags | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW), mode)
    guard opened >= 0 else { throw .disk(path: path, number: errno) }
    number = opened
    self.path = path
  }

  /// - Parameter directory: the directory that contains `name`, which has no slash.
  init(_ name: String, in directory: Descriptor, _ flags: Int32, mode: mode_t = 0o600) throws(DownloadError) {
    path = "\(directory.path)/\(name)"
    let opened = openat(directory.number, name, flags | O_CLOEXEC | O_NOFOLLOW, mode)
    guard opened >= 0 else { throw .disk(path: path, number: errno) }
    number = opened
  }

  deinit { close(number) }

  /// Writes all of `bytes` at `offset`; 0, or the errno.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
    var rest = bytes
    var place = offset
    while !rest.isEmpty {
      let count = pwrite(number, rest.baseAddress, rest.count, off_t(place))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count < 0 ? errno : ENOSPC }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      place += Int64(count)
    }
    return 0
  }

  /// Throws the `errno` of a failed system call on this file: one that didn't return 0.
  func check(_ answer: Int32) throws(DownloadError) {
    guard answer == 0 else { throw .disk(path: path, number: errno) }
  }
}

/// The free bytes at `path` that this user may use; nil if unknown.
func freeBytes(at path: String) -> Int64? {
  var state = statvfs()
  guard statvfs(path, &state) == 0 else { return nil }
  let (bytes, overflow) = Int64(clamping: state.f_bavail).multipliedReportingOverflow(
    by: Int64(clamping: state.f_frsize))
  return overflow ? .max : bytes
}
