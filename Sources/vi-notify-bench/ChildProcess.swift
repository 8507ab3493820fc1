import Glibc

/// A process that ends when this object goes. Its standard input and output are one line to here.
final class ChildProcess: Sendable {
  let id: pid_t
  /// Standard input and output in one, as our end of it.
  private let line: Int32

  /// Starts this very program again, with other arguments.
  convenience init(benchWith arguments: [String]) throws(ServerFailure) {
    try self.init("/proc/self/exe", ["vi-notify-bench"] + arguments)
  }

  /// - Parameters:
  ///   - arguments: the name of the program first.
  ///   - environment: entries `NAME=value`; nil: ours.
  ///   - isQuiet: what it says on standard error is thrown away.
  init(
    _ path: String, _ arguments: [String], environment: [String]? = nil, isQuiet: Bool = false
  ) throws(ServerFailure) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw ServerFailure("socketpair") }
    line = ends[0]
    let spawned = spawn(path, arguments, environment, line: ends[1], isQuiet)
    close(ends[1])
    id = try spawned.get()
  }

  deinit {
    close(line)
    kill(id, SIGTERM)
    waitpid(id, nil, 0)
  }

  /// The port that a server prints once it listens.
  func readPort() throws(ServerFailure) -> UInt16 {
    guard let port = readLine().flatMap(UInt16.init) else {
      throw ServerFailure("the port can't be read", number: EPIPE)
    }
    return port
  }

  func write(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = send(line, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// Nil when the process has ended, or has said nothing for a minute.
  func readLine() -> String? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      var waiting = pollfd(fd: line, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 60_000) == 1, read(line, &byte, 1) == 1 else { return nil }
      if byte == 10 { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
  }
}

private func spawn(
  _ path: String, _ arguments: [String], _ environment: [String]?, line: Int32, _ isQuiet: Bool
) -> Result<pid_t, ServerFailure> {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_adddup2(&actions, line, 0)
  posix_spawn_file_actions_adddup2(&actions, line, 1)
  if isQuiet { posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
  let words = arguments.map { strdup($0) } + [nil]
  let entries = environment.map { $0.map { strdup($0) } + [nil] }
  defer { for text in words + (entries ?? []) { free(text) } }
  var process: pid_t = 0
  let code = posix_spawn(&process, path, &actions, nil, words, entries ?? Array(ownEnvironment))
  return code == 0 ? .success(process) : .failure(ServerFailure("posix_spawn \(path)", number: code))
}

/// As a list that ends with nil, like `environ`.
private var ownEnvironment: [UnsafeMutablePointer<CChar>?] {
  var entries: [UnsafeMutablePointer<CChar>?] = []
  while let entry = environ[entries.count] { entries.append(entry) }
  return entries + [nil]
}
