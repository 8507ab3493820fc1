internal import Crypto
internal import FoundationEssentials
internal import Glibc

/// Where a model is made before it is put in its place: a hidden folder beside it, so on the same file system.
///
///     .RUN[.CHECKPOINT].vi-notify/  lock  archive.part  journal  unpacked/
///
/// Belongs to one process at a time, as long as this value lives.
struct WorkFolder: Sendable {
  let path: String
  private let lock: Descriptor

  var archive: String { path + "/archive.part" }
  var journal: String { path + "/journal" }
  var unpacked: String { path + "/unpacked" }

  /// The folder's path, which may be there or not.
  static func path(of run: String, _ checkpoint: String?, in directory: String) -> String {
    let name = run + (checkpoint.map { "." + $0 } ?? "")
    // Ids have up to 255 characters each, and so has a name of a file.
    let short = name.utf8.count <= 200 ? name : hex(Array(SHA256.hash(data: Data(name.utf8))))
    return "\(directory)/.\(short).vi-notify"
  }

  /// Makes the folder where it isn't there, and takes it.
  ///
  /// - Throws: ``DownloadError/busy(path:)``, ``DownloadError/foreign(path:what:)``, or a ``DownloadError/disk(path:number:)``.
  init(_ path: String) throws(DownloadError) {
    self.path = path
    while true {
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .disk(path: path, number: errno) }
      if let lock = try Self.take(path) {
        self.lock = lock
        return
      }
      // Who had it has removed it meanwhile: once more.
    }
  }

  /// Nil when the lock that was taken isn't the folder's any more, or the folder is gone.
  private static func take(_ path: String) throws(DownloadError) -> Descriptor? {
    let lock: Descriptor
    do throws(DownloadError) {
      // Not through a link that somebody has put there.
      let folder = try Descriptor(path, O_RDONLY | O_DIRECTORY)
      try FolderOwner.check(folder)
      lock = try Descriptor("lock", in: folder, O_RDWR | O_CREAT)
    } catch {
      if case .disk(_, ENOENT) = error { return nil }
      throw error
    }
    try hold(lock, path)
    var (held, present) = (stat(), stat())
    guard fstat(lock.number, &held) == 0, stat(lock.path, &present) == 0, held.st_ino == present.st_ino else {
      return nil
    }
    return lock
  }

  /// A child that we are just starting has a copy of the lock until it executes, also of one that we have let go of meanwhile:
  /// a moment's patience tells it from another process.
  private static func hold(_ lock: Descriptor, _ path: String) throws(DownloadError) {
    for _ in 0..<50 {
      if flock(lock.number, LOCK_EX | LOCK_NB) == 0 { return }
      guard errno == EWOULDBLOCK else { throw .disk(path: lock.path, number: errno) }
      poll(nil, 0, 10)
    }
    throw .busy(path: path)
  }

  /// Nothing was downloaded yet.
  var isEmpty: Bool { access(archive, F_OK) != 0 }

  /// Takes everything away but the folder itself and its lock. The journal before the archive: it must never stand beside one
  /// that it is not of.
  func clear() throws(DownloadError) {
    for path in [unpacked, journal, archive] { try removeTree(path) }
  }

  /// Takes the folder away. What can't be removed stays, and is in nobody's way.
  func remove() {
    try? clear()
    unlink(path + "/lock")
    rmdir(path)
  }
}
