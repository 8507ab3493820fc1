import Glibc
import Locking
import TestSupport

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
      let processID = try spawnProcess(
        words, environment: environment, streams: (stdin: nil, stdout: stdout.write, stderr: stderr.write))
      return Spawned(processID: processID, stdout: stdout.read, stderr: stderr.read)
    } catch {
      close(stdout.read)
      close(stderr.read)
      throw error
    }
  }
}
