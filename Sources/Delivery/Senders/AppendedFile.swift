import Glibc

/// A file while one line is appended to it, under a lock that other programs see too (flock(2)).
///
/// A line is whole or not there: what a full disk has cut off is taken back, and a line that a kill has cut off gets its line
/// break before the next one is written.
struct AppendedFile: ~Copyable {
  private let descriptor: Int32
  private let path: String
  private let isNew: Bool

  /// - Parameters:
  ///   - line: without its line break.
  ///   - isWanted: asked while another program holds the lock.
  /// - Throws: ``AppendError``; then the line is not in the file.
  static func append(_ line: [UInt8], to path: String, isWanted: () -> Bool) throws(AppendError) {
    for _ in 0..<maxMoves {
      let file = try AppendedFile(path)
      try file.lock(isWanted)
      // Whoever rotates logs may have moved it while we waited.
      if file.isAtItsPath { return try file.append(line) }
    }
    throw .moving
  }

  private static let maxMoves = 5

  private init(_ path: String) throws(AppendError) {
    self.path = path
    var before = stat()
    isNew = stat(path, &before) != 0
    // Opening a device can have effects, and a pipe has a reader that isn't asked for.
    if !isNew, before.st_mode & S_IFMT != S_IFREG { throw .notRegular(Self.name(of: before.st_mode)) }
    let flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    let opened = open(path, flags, 0o600)
    guard opened >= 0 else { throw .system(errno) }
    var after = stat()
    guard fstat(opened, &after) == 0, after.st_mode & S_IFMT == S_IFREG else {
      close(opened)
      throw .notRegular(Self.name(of: after.st_mode))
    }
    descriptor = opened
  }

  deinit { close(descriptor) }

  private static func name(of mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a directory"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
  }

  private func lock(_ isWanted: () -> Bool) throws(AppendError) {
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else { throw .system(errno) }
      guard isWanted() else { throw .locked }
      usleep(Self.lockPause)
    }
  }

  /// Microseconds. Others hold the lock for one line.
  private static let lockPause: UInt32 = 5_000

  private var isAtItsPath: Bool {
    var (own, there) = (stat(), stat())
    return fstat(descriptor, &own) == 0 && stat(path, &there) == 0 && own.st_dev == there.st_dev
      && own.st_ino == there.st_ino
  }

  private func append(_ line: [UInt8]) throws(AppendError) {
    let size = try size()
    let bytes = (try endsInALine(size) ? [] : [0x0A]) + line + [0x0A]
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw takeBack(to: size, written, count < 0 ? errno : ENOSPC) }
      written += count
    }
    guard fsync(descriptor) == 0 else { throw takeBack(to: size, written, errno) }
    if isNew { try syncDirectory(size, written) }
  }

  private func size() throws(AppendError) -> off_t {
    var state = stat()
    guard fstat(descriptor, &state) == 0 else { throw .system(errno) }
    return state.st_size
  }

  private func endsInALine(_ size: off_t) throws(AppendError) -> Bool {
    guard size > 0 else { return true }
    var last: UInt8 = 0
    guard pread(descriptor, &last, 1, size - 1) == 1 else { throw .system(errno == 0 ? EIO : errno) }
    return last == 0x0A
  }

  /// What isn't whole or not on the disk doesn't stay, unless somebody who asks for no lock has written behind it.
  private func takeBack(to size: off_t, _ written: Int, _ number: Int32) -> AppendError {
    if written > 0, (try? self.size()) == size + off_t(written) { _ = ftruncate(descriptor, size) }
    return .system(number)
  }

  /// A new name is lost in a power cut until its directory is on the disk.
  private func syncDirectory(_ size: off_t, _ written: Int) throws(AppendError) {
    let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    let opened = open(directory.isEmpty ? "/" : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // A directory in which we may make files, and that we may not read, can't be synced by us.
    guard opened >= 0 else { return }
    defer { close(opened) }
    guard fsync(opened) == 0 || errno == EINVAL else { throw takeBack(to: size, written, errno) }
  }
}

/// Why a line is not in its file. `description` is a clause without its subject, the path.
enum AppendError: Error, Equatable, CustomStringConvertible {
  /// Such as a directory.
  case notRegular(String)
  case locked
  /// It was moved away each time that it had been opened.
  case moving
  /// An errno.
  case system(Int32)

  var description: String {
    switch self {
    case .notRegular(let kind): "is \(kind) and no file: give the destination another path"
    case .locked: "is locked by another program"
    case .moving: "was moved away each time it was opened"
    case .system(let number): "can't be written: \(String(cString: strerror(number)))"
    }
  }
}
