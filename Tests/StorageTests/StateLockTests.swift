import Glibc
import Testing

@testable import Storage

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
      #expect(lockError(path) == .held(path: path, processID: "\(getpid())"))
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

  @Test func `a lock held by another process is refused with its id, and free when that one is killed`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let helper = try Helper("exec 9>'\(path).lock'; flock -n 9 && echo $$ >&9 && echo held && exec cat")
    #expect(helper.line() == "held")
    #expect(lockError(path) == .held(path: path, processID: "\(helper.processID)"))
    helper.kill()
    #expect(lockError(path) == nil)
  }

  @Test func `a lock whose holder has not written its id yet is held all the same`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let helper = try Helper("exec 9>'\(path).lock'; flock -n 9 && echo held && exec cat")
    #expect(helper.line() == "held")
    #expect(lockError(path) == .held(path: path, processID: "unknown"))
  }

  @Test func `the lock file is for the user alone and names its holder`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let lock = try StateLock(state: path)
    var status = stat()
    #expect(stat("\(path).lock", &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    #expect(access(path, F_OK) != 0)
    _ = consume lock
  }
}

/// A shell that runs until its input ends or it is killed; gone, at the latest, with this value.
private struct Helper: ~Copyable {
  let processID: pid_t
  private let input: Int32
  private let output: Int32

  init(_ script: String) throws {
    var (stdin, stdout): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
    try #require(pipe(&stdin) == 0 && pipe(&stdout) == 0)
    for descriptor in stdin + stdout { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, stdin[0], 0)
    posix_spawn_file_actions_adddup2(&actions, stdout[1], 1)
    var words = [strdup("/bin/sh"), strdup("-c"), strdup(script), nil]
    var environment = [strdup("PATH=/usr/bin:/bin"), nil]
    var child: pid_t = 0
    let result = posix_spawn(&child, "/bin/sh", &actions, nil, &words, &environment)
    for word in words + environment { free(word) }
    posix_spawn_file_actions_destroy(&actions)
    close(stdin[0])
    close(stdout[1])
    (processID, input, output) = (child, stdin[1], stdout[0])
    #expect(result == 0)
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
