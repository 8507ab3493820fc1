import Glibc

/// Held by the one process that watches with a state file. The kernel lets go of it when the process ends, however it does.
package struct StateLock: ~Copyable, Sendable {
  private let descriptor: Int32

  /// Takes the lock `STATE.lock` beside the state file, and writes our process id into it.
  ///
  /// Throws ``StorageError/held(path:processID:)`` when somebody has it, and `cannotOpen` when it can't be made.
  package init(state path: String) throws(StorageError) {
    descriptor = try Self.take(path)
  }

  deinit {
    close(descriptor)
  }

  private static func take(_ path: String) throws(StorageError) -> Int32 {
    try StateFile.makeDirectory(of: path)
    let descriptor = open(StateFile.real(path) + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, why: StateFile.reason()) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let holder = content(of: descriptor)
      close(descriptor)
      throw .held(path: path, processID: holder.isEmpty ? "unknown" : holder)
    }
    let text = Array("\(getpid())\n".utf8)
    ftruncate(descriptor, 0)
    pwrite(descriptor, text, text.count, 0)
    return descriptor
  }

  private static func content(of descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 0x0A }, as: UTF8.self)
  }
}

/// The file of the state, before SQLite opens it.
enum StateFile {
  /// Makes the directory, and those above it, for the user alone. Existing ones stay as they are.
  static func makeDirectory(of path: String) throws(StorageError) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    for end in parts.indices.dropFirst(path.hasPrefix("/") ? 1 : 0) {
      let directory = parts[...end].joined(separator: "/")
      guard mkdir(directory, 0o700) != 0, errno != EEXIST else { continue }
      // Looking whether it is there sets another errno.
      let why = reason()
      if !isDirectory(directory) { throw .cannotOpen(path: path, why: why) }
    }
  }

  /// Makes the file for the user alone; SQLite gives its companions the same mode.
  static func make(_ path: String) throws(StorageError) {
    try makeDirectory(of: path)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, why: reason()) }
    close(descriptor)
  }

  /// Where links lead: two names of one state must not have two locks. The same path when there is nothing yet.
  static func real(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
    defer { free(found) }
    return String(cString: found)
  }

  static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }

  private static func isDirectory(_ path: String) -> Bool {
    guard let directory = opendir(path) else { return false }
    closedir(directory)
    return true
  }

  static func reason() -> String {
    String(cString: strerror(errno))
  }
}
