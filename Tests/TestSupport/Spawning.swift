package import Glibc

/// A call to the system that failed.
package struct SystemFailure: Error, CustomStringConvertible {
  package let call: String
  package let code: Int32

  package init(_ call: String, _ code: Int32 = errno) {
    self.call = call
    self.code = code
  }

  package var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// Starts a program, which is looked for in PATH, in a process group of its own and with signals as a shell gives them to what it
/// starts, whatever the runner of the tests has done to its own.
///
/// - Parameters:
///   - words: the program and its arguments.
///   - environment: nil: ours.
///   - streams: for each of the child's descriptors, in the order 0, 1, 2, one of ours; nil: `/dev/null`.
package func spawnProcess(
  _ words: [String], environment: [String: String]? = nil, streams: (stdin: Int32?, stdout: Int32?, stderr: Int32?)
) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for (target, source) in [streams.stdin, streams.stdout, streams.stderr].enumerated() {
    if let source {
      posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
    } else {
      posix_spawn_file_actions_addopen(&actions, Int32(target), "/dev/null", target == 0 ? O_RDONLY : O_WRONLY, 0)
    }
  }
  var attributes = cleanAttributes()
  defer { posix_spawnattr_destroy(&attributes) }
  var process: pid_t = 0
  let code = withCStrings(words) { arguments in
    guard let environment else { return posix_spawnp(&process, words[0], &actions, &attributes, arguments, environ) }
    return withCStrings(environment.map { "\($0)=\($1)" }) { environment in
      posix_spawnp(&process, words[0], &actions, &attributes, arguments, environment)
    }
  }
  guard code == 0 else { throw SystemFailure("posix_spawn of \(words[0])", code) }
  return process
}

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

/// A pipe that children don't inherit: another child that held an end would keep it from ending.
package struct Pipe {
  package let read: Int32
  package let write: Int32

  package init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw SystemFailure("pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (read, write) = (ends[0], ends[1])
  }
}

/// Runs `body` on a thread of its own, which may block.
///
/// - Returns: the thread, which whoever started it detaches or joins.
package func joinableThread(_ body: @escaping @Sendable () -> Void) throws -> pthread_t {
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
  return thread
}

/// The same, for a thread that nobody waits for.
package func onThread(_ body: @escaping @Sendable () -> Void) throws {
  pthread_detach(try joinableThread(body))
}
