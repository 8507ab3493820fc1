import FoundationEssentials
import Glibc
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

@Suite(.serialized) struct StateLockTests {
  private func lockError(_ path: String) -> StorageError? {
    do throws(StorageError) {
      _ = try StateLock(state: path)
      return nil
    } catch {
      return error
    }
  }

  @Test func `the second to lock is refused and told who holds it, until that one lets go`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/new/state.sqlite"
    do {
      let lock = try StateLock(state: path)
      #expect(lockError(path) == .held(state: path, processID: "\(getpid())"))
      #expect(lockError("\(scratch.path)/other.sqlite") == nil)
      _ = consume lock
    }
    #expect(lockError(path) == nil)
  }

  @Test func `another process is refused while we hold the lock, and finds our process id`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let script = "flock -n '\(path).lock' true && echo free || head -n 1 '\(path).lock'"
    let lock = try StateLock(state: path)
    #expect(try Helper(script).line() == "\(getpid())")
    _ = consume lock
    #expect(try Helper(script).line() == "free")
  }

  /// As a child that is just being started has them.
  private func copies(of path: String) throws -> [Int32] {
    let identity = FileIdentity(path: path)
    let ours = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap(Int32.init).filter {
      var status = stat()
      return fstat($0, &status) == 0 && FileIdentity(status) == identity
    }
    return ours.map { fcntl($0, F_DUPFD_CLOEXEC, 0) }
  }

  @Test func `what was let go of is free, also while a child has a copy`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let lock = try StateLock(state: path)
    let copies = try [path, "\(path).lock"].map(copies)
    defer { copies.joined().forEach { close($0) } }
    #expect(copies.map(\.count) == [1, 1])
    _ = consume lock
    #expect(try Helper("flock -n '\(path)' true && flock -n '\(path).lock' true && echo free").line() == "free")
  }

  @Test func `a lock held by another process is refused with its id, and free when that one is killed`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let helper = try Helper("exec 9>'\(path).lock'; flock -n 9 && echo $$ >&9 && echo held && exec cat")
    #expect(helper.line() == "held")
    #expect(lockError(path) == .held(state: path, processID: "\(helper.processID)"))
    helper.kill()
    #expect(lockError(path) == nil)
  }

  @Test func `a lock whose holder has not written its id yet is held all the same`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let helper = try Helper("exec 9>'\(path).lock'; flock -n 9 && echo held && exec cat")
    #expect(helper.line() == "held")
    #expect(lockError(path) == .held(state: path, processID: "unknown"))
  }

  @Test func `the lock file is for the user alone and names its holder`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let lock = try StateLock(state: path)
    var status = stat()
    #expect(stat("\(path).lock", &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    _ = consume lock
  }

  enum OtherName: CaseIterable {
    case hardLink, link, linkToLink, linkedDirectory, danglingLink, lockFileDeleted, lockFileReplaced
  }

  @Test(arguments: OtherName.allCases)
  func `one state has one lock, by whatever name it is found`(_ name: OtherName) throws {
    let scratch = try ScratchDirectory()
    try #require(mkdir("\(scratch.path)/a", 0o700) == 0)
    let (path, other) = ("\(scratch.path)/a/state.sqlite", "\(scratch.path)/other.sqlite")
    if name == .danglingLink { try #require(symlink("a/state.sqlite", other) == 0) }
    let lock = try StateLock(state: name == .danglingLink ? other : path)
    var found = other
    switch name {
    case .hardLink: try #require(link(path, other) == 0)
    case .link: try #require(symlink(path, other) == 0)
    case .linkToLink:
      try #require(symlink("a/state.sqlite", other) == 0)
      found = "\(scratch.path)/third.sqlite"
      try #require(symlink("other.sqlite", found) == 0)
    case .linkedDirectory:
      try #require(symlink("a", "\(scratch.path)/b") == 0)
      found = "\(scratch.path)/b/state.sqlite"
    case .danglingLink: found = path
    case .lockFileDeleted:
      try #require(unlink("\(path).lock") == 0)
      found = path
    case .lockFileReplaced:
      try #require(unlink("\(path).lock") == 0)
      close(open("\(path).lock", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
      found = path
    }
    #expect(lockError(found) == .held(state: found, processID: "\(getpid())"))
    _ = consume lock
    #expect(lockError(found) == nil)
  }

  @Test func `a lock file that is a link, a pipe or a directory is refused, and what it leads to is left alone`() throws
  {
    let scratch = try ScratchDirectory()
    let (path, victim) = ("\(scratch.path)/state.sqlite", "\(scratch.path)/victim")
    try #require(symlink(victim, "\(path).lock") == 0)
    #expect(
      lockError(path) == .cannotOpen(state: path, why: "\(path).lock is a symbolic link; remove it"))
    #expect(access(victim, F_OK) != 0)
    try #require(unlink("\(path).lock") == 0 && mkfifo("\(path).lock", 0o600) == 0)
    #expect(lockError(path) == .cannotOpen(state: path, why: "\(path).lock is no regular file; remove it"))
    try #require(unlink("\(path).lock") == 0 && mkdir("\(path).lock", 0o700) == 0)
    #expect(lockError(path) == .cannotOpen(state: path, why: "\(path).lock: Is a directory"))
  }

  @Test func `a state that is a pipe is refused, and not waited for`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    try #require(mkfifo(path, 0o600) == 0)
    #expect(lockError(path) == .cannotOpen(state: path, why: "it is no regular file"))
  }

  @Test func `a state that was replaced after it was locked is not opened`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let lock = try StateLock(state: path)
    try #require(rename(path, "\(path).old") == 0)
    do throws(StorageError) {
      try SQLiteStore(path: path, lock: lock).close()
      Issue.record("it was opened")
    } catch {
      #expect(error == .gone(path: path, file: path))
    }
  }

  @Test func `new directories and the file in them are durable before they count`() throws {
    let scratch = try ScratchDirectory()
    var synced: [String] = []
    let path = "\(scratch.path)/a/b/state.sqlite"
    try StateFile.makeDirectory(of: path, for: path) { directory in
      synced.append(directory)
      return true
    }
    #expect(synced == [scratch.path, "\(scratch.path)/a"])
    let refused = "\(scratch.path)/c/state.sqlite"
    let error = #expect(throws: StorageError.self) {
      try StateFile.makeDirectory(of: refused, for: refused) { _ in
        errno = EIO
        return false
      }
    }
    #expect(error == .cannotOpen(state: refused, why: "Input/output error"))
  }

  @Test func `the kernel's list of locks is read by file, kind and place`() {
    let table = LockTable(
      """
      1: FLOCK  ADVISORY  WRITE 812 fe:00:1234 0 EOF
      2: POSIX  ADVISORY  WRITE 813 fe:00:1235 120 120
      3: POSIX  ADVISORY  READ 814 fe:00:1236 120 120
      3: -> POSIX  ADVISORY  WRITE 815 fe:00:1236 120 120
      nonsense
      """)
    func identity(_ inode: UInt) -> FileIdentity {
      var status = stat()
      (status.st_dev, status.st_ino) = (0xFE00, inode)
      return FileIdentity(status)
    }
    #expect(table.holder(of: identity(1234), .whole) == "812")
    #expect(table.holder(of: identity(1234), .range) == nil)
    #expect(table.holder(of: identity(1235), .range, at: 120) == "813")
    #expect(table.holder(of: identity(1235), .range, at: 121) == nil)
    #expect(table.holder(of: identity(1236), .range, at: 120) == nil)
    #expect(table.holder(of: identity(9), .whole) == nil)
  }
}

/// A shell that runs until its input ends or it is killed; gone, at the latest, with this value.
private struct Helper: ~Copyable {
  let processID: pid_t
  private let input: Int32
  private let output: Int32

  init(_ script: String) throws {
    let (stdin, stdout) = (try Pipe(), try Pipe())
    processID = try spawnProcess(
      ["/bin/sh", "-c", script], environment: ["PATH": "/usr/bin:/bin"], streams: (stdin.read, stdout.write, nil))
    close(stdin.read)
    close(stdout.write)
    (input, output) = (stdin.write, stdout.read)
  }

  /// Kills it and waits until it is gone.
  func kill() {
    Glibc.kill(processID, SIGKILL)
    var status: Int32 = 0
    waitpid(processID, &status, 0)
  }

  /// The next line of its output, without the line break.
  func line() -> String {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while read(output, &byte, 1) == 1, byte != 0x0A { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }

  deinit {
    close(input)
    close(output)
    kill()
  }
}
