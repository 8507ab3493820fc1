import Glibc

/// Which file a path leads to, and in which state it is: another one when somebody has written to it, has put another in its
/// place, or has swapped a link on the way, as Kubernetes does with `..data`. Links are followed.
struct FileStamp: Sendable, Equatable {
  private let device: dev_t
  private let inode: ino_t
  private let size: off_t
  /// When it was written to, and when its inode was changed, which nobody can set; nanoseconds since 1970.
  private let written: Int
  private let changed: Int

  /// Nil when nothing is there or it can't be looked at.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    (device, inode, size) = (status.st_dev, status.st_ino, status.st_size)
    written = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
    changed = status.st_ctim.tv_sec * 1_000_000_000 + status.st_ctim.tv_nsec
  }
}
