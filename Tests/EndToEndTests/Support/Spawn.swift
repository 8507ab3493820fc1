import Glibc
import Locking

/// A call to the system that failed.
struct SystemFailure: Error, CustomStringConvertible {
  let call: String
  let code: Int32

  init(_ call: String, _ code: Int32 = errno) {
    self.call = call
    self.code = code
  }

  var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// A child process and the ends of its output that we read.
struct Spawned: Sendable {
  let processID: pid_t
  let stdout: Int32
  let stderr: Int32
}

/// Glibc's header hides `pipe2`; so nobody may start a child between the making of a pipe and its being closed in children.
private let spawning = Locked(())

/// Foundation opens files so that children inherit them, and a script that somebody holds open can't be executed.
func whileNobodySpawns(_ body: () throws -> Void) rethrows {
  try spawning.withLock { _ in try body() }
}

/// Starts a program with exactly this environment, without stdin, in a process group of its own.
func spawn(
  _ program: String, _ arguments: [String], environment: [String: String], directory: String
) throws -> Spawned {
  // `env -C` changes the directory and then becomes the program: the number stays the same.
  let words = ["/usr/bin/env", "-C", directory, program] + arguments
  return try spawning.withLock { _ in
    let (stdout, stderr) = (try Pipe(), try Pipe())
    defer {
      close(stdout.write)
      close(stderr.write)
    }
    do {
      let processID = try spawn(words, environment, stdout: stdout.write, stderr: stderr.write)
      return Spawned(processID: processID, stdout: stdout.read, stderr: stderr.read)
    } catch {
      close(stdout.read)
      close(stderr.read)
      throw error
    }
  }
}

private func spawn(
  _ words: [String], _ environment: [String: String], stdout: Int32, stderr: Int32
) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_adddup2(&actions, stdout, 1)
  posix_spawn_file_actions_adddup2(&actions, stderr, 2)
  var attributes = cleanAttributes()
  defer { posix_spawnattr_destroy(&attributes) }
  var processID: pid_t = 0
  let code = withCStrings(words) { words in
    withCStrings(environment.map { "\($0)=\($1)" }) { environment in
      posix_spawn(&processID, "/usr/bin/env", &actions, &attributes, words, environment)
    }
  }
  guard code == 0 else { throw SystemFailure("posix_spawn", code) }
  return processID
}

/// Signals as a shell gives them to what it starts, whatever the test runner has done to its own.
private func cleanAttributes() -> posix_spawnattr_t {
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  var (all, none) = (sigset_t(), sigset_t())
  sigfillset(&all)
  sigemptyset(&none)
  posix_spawnattr_setsigdefault(&attributes, &all)
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setpgroup(&attributes, 0)
  let flags = Int32(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP)
  posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))
  return attributes
}

/// Closed in children: another child that held an end would keep the pipe from ending.
private struct Pipe {
  let read: Int32
  let write: Int32

  init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw SystemFailure("pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (read, write) = (ends[0], ends[1])
  }
}

private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers = strings.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress else { preconditionFailure("the list holds at least its end") }
    return body(base)
  }
}

/// Runs `body` on a thread of its own, which may block.
func onThread(_ body: @escaping @Sendable () -> Void) throws {
  final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let work = Unmanaged.passRetained(Work(body))
  let code = pthread_create(
    &thread, nil,
    { work in
      if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
      return nil
    }, work.toOpaque())
  guard code == 0 else {
    work.release()
    throw SystemFailure("pthread_create", code)
  }
  pthread_detach(thread)
}
