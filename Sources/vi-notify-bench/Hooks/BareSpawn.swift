import CProcess
import Glibc

/// posix_spawn of one program as a hook is started, and nothing else: the yardstick.
enum BareSpawn {
  /// - Returns: whether the program ended well and wrote as much as it was given.
  static func run(_ program: String, _ event: [UInt8]) -> Bool {
    let stdin = cprocess_memory_file("bench")
    guard stdin >= 0, write(stdin, event, event.count) == event.count else { return false }
    lseek(stdin, 0, SEEK_SET)
    let (stdout, stderr) = (pipe(), pipe())
    let process = spawn(program, stdin: stdin, stdout: stdout.write, stderr: stderr.write)
    for descriptor in [stdin, stdout.write, stderr.write] { close(descriptor) }
    let count = readAll(stdout.read)
    _ = readAll(stderr.read)
    close(stdout.read)
    close(stderr.read)
    var status: Int32 = -1
    return process.map { waitpid($0, &status, 0) } == process && status == 0 && count == event.count
  }

  private static func spawn(_ program: String, stdin: Int32, stdout: Int32, stderr: Int32) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (source, target) in [(stdin, 0), (stdout, 1), (stderr, 2)] as [(Int32, Int32)] {
      posix_spawn_file_actions_adddup2(&actions, source, target)
    }
    var attributes = attributes()
    defer { posix_spawnattr_destroy(&attributes) }
    var words = [strdup(program), nil]
    var variables = [strdup("PATH=/usr/bin:/bin"), nil]
    defer { for text in words + variables { free(text) } }
    var process: pid_t = 0
    return posix_spawn(&process, program, &actions, &attributes, &words, &variables) == 0 ? process : nil
  }

  private static func attributes() -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var (all, none) = (sigset_t(), sigset_t())
    sigfillset(&all)
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flags))
    return attributes
  }

  private static func pipe() -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard cprocess_pipe(&ends) == 0 else { giveUp("there are no pipes left") }
    return (ends[0], ends[1])
  }

  private static func readAll(_ descriptor: Int32) -> Int {
    var total = 0
    while true {
      let count = withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) {
        read(descriptor, $0.baseAddress, $0.count)
      }
      if count <= 0 { return total }
      total += count
    }
  }
}
