import Glibc
internal import Locking

/// An open file that this process has locked for itself, and that still has the name by which it was opened.
final class LockedFile: Sendable {
  enum Refusal: Error, Equatable {
    case held(FileIdentity)
    case system(path: String, errno: Int32)
    /// `what` completes a sentence about the file.
    case strange(path: String, what: String)
  }

  /// What this process holds.
  private static let ours = Locked(Set<FileIdentity>())

  let identity: FileIdentity
  private let descriptor: Int32

  init(_ path: String, _ flags: Int32) throws(Refusal) {
    let (descriptor, identity) = try Self.lock(path, flags)
    (self.descriptor, self.identity) = (descriptor, identity)
    Self.ours.withLock { _ = $0.insert(identity) }
  }

  deinit {
    // Before it is let go of: who locks it next may be this process.
    Self.ours.withLock { _ = $0.remove(identity) }
    // For every copy of it (flock(2)): a child that is just being started has one until it executes.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Why the file can't be locked now; nil: it could, and is not any more.
  static func refusal(_ path: String, _ flags: Int32) -> Refusal? {
    do throws(Refusal) {
      _ = try LockedFile(path, flags)
      return nil
    } catch {
      return error
    }
  }

  /// Puts `text` in the place of what the file holds.
  func write(_ text: String) {
    let bytes = Array(text.utf8)
    ftruncate(descriptor, 0)
    pwrite(descriptor, bytes, bytes.count, 0)
  }

  /// A name that leads to another file by now, as when somebody replaces it, is tried anew.
  private static func lock(_ path: String, _ flags: Int32) throws(Refusal) -> (Int32, FileIdentity) {
    for _ in 0..<100 {
      let descriptor = open(path, flags | O_NONBLOCK | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else {
        throw errno == ELOOP ? .strange(path: path, what: "is a symbolic link") : .system(path: path, errno: errno)
      }
      do throws(Refusal) {
        let identity = try hold(descriptor, path)
        if FileIdentity(path: path) == identity { return (descriptor, identity) }
        close(descriptor)
      } catch {
        close(descriptor)
        throw error
      }
    }
    throw .strange(path: path, what: "is replaced again and again")
  }

  /// A child that is just being started has a copy of every lock until it executes, also where its parent was killed meanwhile: half
  /// a second's patience tells it from somebody who holds it. Where the holder is known to live, nothing is left to be found out.
  private static func hold(_ descriptor: Int32, _ path: String) throws(Refusal) -> FileIdentity {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(path: path, errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .strange(path: path, what: "is no regular file") }
    for _ in 0..<50 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return FileIdentity(status) }
      guard errno == EWOULDBLOCK else { throw .system(path: path, errno: errno) }
      if isHeld(FileIdentity(status)) { break }
      poll(nil, 0, 10)
    }
    throw .held(FileIdentity(status))
  }

  /// By us, or by another process that runs: the kernel lists a lock under the process that took it, and a copy under one that is
  /// gone, or under us.
  private static func isHeld(_ identity: FileIdentity) -> Bool {
    if ours.withLock({ $0.contains(identity) }) { return true }
    return LockTable.current.livingHolder(of: identity, .whole).map { $0 != "\(getpid())" } ?? false
  }
}
