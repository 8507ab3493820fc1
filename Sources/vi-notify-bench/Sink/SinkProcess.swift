import Glibc

/// A running ``SinkServer`` in a process of its own, as long as this object lives.
final class SinkProcess: Sendable {
  let port: UInt16
  private let process: ChildProcess

  /// `http://127.0.0.1:PORT`, to which a path can be added.
  var url: String { "http://127.0.0.1:\(port)" }

  /// Starts this very program again, and returns once the sink listens.
  ///
  /// - Parameter delay: before each answer, in milliseconds.
  init(delay: Int = 0) throws(ServerFailure) {
    process = try ChildProcess(benchWith: ["sink", "\(delay)"])
    port = try process.readPort()
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
