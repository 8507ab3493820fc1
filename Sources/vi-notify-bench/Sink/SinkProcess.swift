import Glibc

/// A running ``SinkServer`` in a process of its own, as long as this object lives.
final class SinkProcess: Sendable {
  let port: UInt16
  private let process: pid_t
  /// The sink's standard input and output in one. Closing it ends the process.
  private let line: Int32

  /// `http://127.0.0.1:PORT`, to which a path can be added.
  var url: String { "http://127.0.0.1:\(port)" }

  /// Starts this very program again, and returns once the sink listens.
  init() throws(SinkFailure) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SinkFailure("socketpair") }
    line = ends[0]
    let spawned = spawnSink(line: ends[1])
    close(ends[1])
    process = try spawned.get()
    port = readPort(line)
    if port == 0 { throw SinkFailure("the port can't be read", number: EPIPE) }
  }

  deinit {
    close(line)
    waitpid(process, nil, 0)
  }

  /// How many requests have come so far; asked over a connection of its own. -1 when the sink doesn't answer.
  func count() -> Int {
    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(connection) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    let question = Array("GET /count HTTP/1.1\r\nHost: sink\r\n\r\n".utf8)
    var answer = [UInt8](repeating: 0, count: 512)
    guard isConnected, send(connection, question, question.count, Int32(MSG_NOSIGNAL)) == question.count
    else { return -1 }
    let size = recv(connection, &answer, answer.count, 0)  // sent in one piece
    guard size > 0 else { return -1 }
    return String(decoding: answer[..<size], as: UTF8.self).split(separator: "\r\n").last.flatMap { Int($0) } ?? -1
  }
}

private func spawnSink(line: Int32) -> Result<pid_t, SinkFailure> {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_adddup2(&actions, line, 0)
  posix_spawn_file_actions_adddup2(&actions, line, 1)
  var process: pid_t = 0
  let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("vi-notify-bench"), strdup("sink"), nil]
  defer { for argument in arguments { free(argument) } }
  let code = posix_spawn(&process, "/proc/self/exe", &actions, nil, arguments, environ)
  return code == 0 ? .success(process) : .failure(SinkFailure("posix_spawn", number: code))
}

/// 0 when the sink ended instead.
private func readPort(_ descriptor: Int32) -> UInt16 {
  var digits: [UInt8] = []
  var byte: UInt8 = 0
  while read(descriptor, &byte, 1) == 1, byte != 10 { digits.append(byte) }
  return UInt16(String(decoding: digits, as: UTF8.self)) ?? 0
}
