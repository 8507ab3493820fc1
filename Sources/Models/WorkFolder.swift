internal import Crypto
internal import FoundationEssentials
internal import Glibc
internal import Notation

/// The folder in which a model is built before it is moved into place: hidden, next to it, so on the same file system.
///
///     .RUN[.CHECKPOINT].vi-notify/  lock  archive.part  journal  unpacked/
///
/// One process at a time owns it, for the lifetime of this value.
struct WorkFolder: Sendable {
  let path: String
  private let lock: Descriptor

  var archive: String { path + "/archive.part" }
  var journal: String { path + "/journal" }
  var unpacked: String { path + "/unpacked" }

  /// The folder's path, whether or not it exists.
  static func path(of run: String, _ checkpoint: String?, in directory: String) -> String {
    let name = run + (checkpoint.map { "." + $0 } ?? "")
    // An id has up to 255 characters, and so does the name of a file.
    let short = name.utf8.count <= 200 ? name : Hexadecimal.text(SHA256.hash(data: Data(name.utf8)))
    return "\(directory)/.\(short).vi-notify"
  }

  /// Creates the folder if it is missing, and locks it.
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
      // The previous owner has removed it meanwhile: try again.
    }
  }

  /// Nil if the lock no longer belongs to the folder, or the folder is gone.
  private static func take(_ path: String) throws(DownloadError) -> Descriptor? {
    let lock: Descriptor
    do throws(DownloadError) {
      // Never follow a link at this path.
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

  /// A child process that is being started has a copy of every lock until it executes, even of one that we have released. A short
  /// retry distinguishes it from another process.
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

  /// Removes everything except the folder and its lock. The journal goes first: it must never exist next to another archive.
  func clear() throws(DownloadError) {
    for path in [unpacked, journal, archive] { try removeTree(path) }
  }

  /// Removes the folder. Leftovers that can't be removed do no harm.
  func remove() {
    try? clear()
    unlink(path + "/lock")
    rmdir(path)
  }
}
