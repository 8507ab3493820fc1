import Glibc
import Locking
import TestSupport

/// What one connection of a ``RawServer`` is asked.
struct RawRequest: Sendable {
  /// The method and the path with its query: `GET /runs?s=100`.
  let line: String
  let body: [UInt8]
  /// Requests of the same path before this one.
  let earlier: Int

  /// Without method and query.
  var path: String { String(line.split(separator: " ").last?.prefix { $0 != "?" } ?? "") }
}

/// A server that answers with just these bytes, right or wrong, and then closes the connection or keeps it open in silence.
final class RawServer: Sendable {
  struct Reply: Sendable {
    var bytes: [UInt8]
    /// Says no more, and closes nothing.
    var stalls = false

    init(_ text: String, stalls: Bool = false) {
      bytes = Array(text.utf8)
      self.stalls = stalls
    }

    init(_ head: String, _ body: [UInt8]) {
      bytes = Array("HTTP/1.1 \(head)\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n".utf8) + body
    }
  }

  private struct Log: Sendable {
    var requests: [RawRequest] = []
    var open: Set<Int32> = []
    var waiters: [(path: String, count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  let address: String
  private let listener: Int32
  private let log = Locked(Log())

  init(_ reply: @escaping @Sendable (RawRequest) -> Reply) throws {
    let listener = try Sockets.listen()
    self.listener = listener
    address = "http://127.0.0.1:\(Sockets.port(of: listener))"
    try onThread { [log] in
      while case let connection = accept(listener, nil, nil), connection >= 0 {
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        log.withLock { _ = $0.open.insert(connection) }
        try? onThread { Self.serve(connection, log, reply) }
      }
      close(listener)
    }
  }

  /// Ends all connections.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    log.withLock { log in
      for connection in log.open { shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  func requests(_ path: String) -> [RawRequest] { log.withLock { $0.requests.filter { $0.path == path } } }

  /// Returns when so many requests for `path` have come.
  func requestCount(_ path: String, atLeast count: Int) async {
    await withCheckedContinuation { continuation in
      let isMet = log.withLock { log in
        if log.requests.count(where: { $0.path == path }) >= count { return true }
        log.waiters.append((path, count, continuation))
        return false
      }
      if isMet { continuation.resume() }
    }
  }

  private static func serve(_ connection: Int32, _ log: Locked<Log>, _ reply: (RawRequest) -> Reply) {
    if let (line, body) = readRequest(connection) {
      let path = String(line.split(separator: " ").last?.prefix { $0 != "?" } ?? "")
      let (request, due) = log.withLock { log in
        let earlier = log.requests.count { $0.path == path }
        let request = RawRequest(line: line, body: body, earlier: earlier)
        log.requests.append(request)
        let due = log.waiters.filter { $0.path == path && $0.count <= earlier + 1 }
        log.waiters.removeAll { $0.path == path && $0.count <= earlier + 1 }
        return (request, due)
      }
      for waiter in due { waiter.continuation.resume() }
      let answer = reply(request)
      var rest = answer.bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { break }
        rest = rest.dropFirst(count)
      }
      var byte: UInt8 = 0
      if answer.stalls { while recv(connection, &byte, 1, 0) == 1 {} }
    }
    log.withLock { log in
      log.open.remove(connection)
      close(connection)
    }
  }

  private static func readRequest(_ connection: Int32) -> (line: String, body: [UInt8])? {
    var (head, byte) = ([UInt8](), UInt8(0))
    while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
      guard recv(connection, &byte, 1, 0) == 1 else { return nil }
      head.append(byte)
    }
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    let length = lines.first { $0.lowercased().hasPrefix("content-length:") }?.split(separator: " ").last
    var body = [UInt8](repeating: 0, count: length.flatMap { Int($0) } ?? 0)
    guard body.isEmpty || recv(connection, &body, body.count, Int32(MSG_WAITALL)) == body.count else { return nil }
    return (lines[0].split(separator: " ").prefix(2).joined(separator: " "), body)
  }
}

/// Runs `body` beside such a server, and takes the server down whatever happens.
func serving(_ server: RawServer, _ body: (RawServer) async throws -> Void) async throws {
  defer { server.stop() }
  try await body(server)
}
