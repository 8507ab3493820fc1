import Glibc
import TestSupport

/// Holds the lock that whoever writes into a SQLite database in WAL mode must take: byte 120 of the index file
/// (sqlite.org/walformat.html, "WAL locks").
struct WriteLock: ~Copyable {
  private let descriptor: Int32

  init(onState path: String) throws {
    descriptor = open(path + "-shm", O_RDWR | O_CLOEXEC)
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = 120
    lock.l_len = 1
    guard descriptor >= 0, fcntl(descriptor, F_SETLKW, &lock) == 0 else { throw SystemFailure("locking \(path)") }
  }

  /// Closing the file lets go of the lock.
  consuming func release() {
    close(descriptor)
  }
}
