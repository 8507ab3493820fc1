import Glibc
import Locking
import TestSupport

@testable import Transport

/// What a server does to one connection. Runs on a thread of its own, and may block.
struct Script: Sendable {
  let run: @Sendable (Visit) -> Void

  init(_ run: @escaping @Sendable (Visit) -> Void) { self.run = run }

  /// Never says a word.
  static let hangs = Script { $0.hang() }

  /// Reads every request and answers none.
  static let silent = Script { visit in
    while visit.readRequest() != nil {}
  }

  /// Answers with the request's path, as long as the client stays.
  static let echo = Script { visit in
    while let request = visit.readRequest() {
      visit.answer(String(request.split(separator: " ").dropFirst().first ?? ""))
    }
  }

  /// Answers once, and reports that the client hung up as if it were a request.
  static let once = Script { visit in
    visit.readRequest()
    visit.answer("done")
    visit.hang()
    visit.note("hung up")
  }
}

/// A TCP server on 127.0.0.1 that does to each connection exactly what its script says, one thread per connection. A
/// connection is closed when its script returns.
final class ScriptedServer: Sendable {
  /// What the server saw.
  struct Log: Sendable {
    var requests: [String] = []
    var connections = 0
    var open: Set<Int32> = []
    var maxOpen = 0
    var threads: [pthread_t] = []
    var isStopping = false
    var watchers: [(requests: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  let port: UInt16
  private let listener: Int32
  private let log = Locked(Log())
  private let acceptor: pthread_t

  init(_ script: Script) throws {
    let listener = try Sockets.listen()
    port = Sockets.port(of: listener)
    self.listener = listener
    acceptor = try joinableThread { [log] in
      while case let connection = accept(listener, nil, nil), connection >= 0 {
        Self.welcome(connection, log, script)
      }
    }
  }

  func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

  var seen: Log { log.withLock { $0 } }

  /// Returns as soon as the server has read this many requests in all.
  func hasRead(_ requests: Int) async {
    await withCheckedContinuation { continuation in
      let isThere = log.withLock { log in
        if log.requests.count < requests { log.watchers.append((requests, continuation)) }
        return log.requests.count >= requests
      }
      if isThere { continuation.resume() }
    }
  }

  /// Ends all connections and joins all threads.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    pthread_join(acceptor, nil)
    let threads = log.withLock { log in
      for connection in log.open { shutdown(connection, Int32(SHUT_RDWR)) }
      return log.threads
    }
    for thread in threads { pthread_join(thread, nil) }
    close(listener)
  }

  private static func welcome(_ connection: Int32, _ log: Locked<Log>, _ script: Script) {
    Sockets.disableDelay(connection)
    let number = log.withLock { log in
      log.connections += 1
      log.open.insert(connection)
      log.maxOpen = max(log.maxOpen, log.open.count)
      return log.connections
    }
    let thread = try? joinableThread {
      script.run(Visit(number: number, connection: connection, log: log))
      // Under the lock, so that `stop` can't meet the number of a socket that is somebody else's by now.
      log.withLock { log in
        log.open.remove(connection)
        close(connection)
      }
    }
    if let thread { log.withLock { $0.threads.append(thread) } }
  }
}

/// One connection, from the server's side.
struct Visit: Sendable {
  /// 1 for the first connection that the server accepted.
  let number: Int
  let connection: Int32
  let log: Locked<ScriptedServer.Log>

  /// Reads and logs one request: the head, and as much body as `Content-Length` says. `nil` once the client hung up.
  @discardableResult
  func readRequest() -> String? {
    var bytes: [UInt8] = []
    while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
      guard let byte = read() else { return nil }
      bytes.append(byte)
    }
    var body = [UInt8](repeating: 0, count: bodyLength(head: String(decoding: bytes, as: UTF8.self)))
    guard body.isEmpty || recv(connection, &body, body.count, Int32(MSG_WAITALL)) == body.count else {
      return nil
    }
    bytes += body
    let text = String(decoding: bytes, as: UTF8.self)
    note(text)
    return text
  }

  /// - Returns: false once the client is gone.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Answers with a body of known length.
  func answer(_ body: String = "", status: String = "200 OK", headers: String = "") {
    send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
  }

  /// Returns when the client has hung up, and says nothing until then.
  func hang() {
    while read() != nil {}
  }

  /// Makes the end of the script a reset instead of an orderly end.
  func reset() {
    Sockets.resetOnClose(connection)
  }

  /// One line, without its line break; nil once the client hung up.
  func readLine() -> String? {
    var bytes: [UInt8] = []
    while let byte = read() {
      if byte == 10 { return String(decoding: bytes.last == 13 ? bytes.dropLast() : bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return nil
  }

  private func read() -> UInt8? {
    var byte: UInt8 = 0
    return recv(connection, &byte, 1, 0) == 1 ? byte : nil
  }

  /// Adds a line to the log, as if it were a request.
  func note(_ request: String) {
    let due = log.withLock { log in
      log.requests.append(request)
      let count = log.requests.count
      defer { log.watchers.removeAll { $0.requests <= count } }
      return log.watchers.filter { $0.requests <= count }.map(\.continuation)
    }
    for continuation in due { continuation.resume() }
  }
}

private func bodyLength(head: String) -> Int {
  let line = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
  return line.flatMap { Int($0.split(separator: " ").last ?? "") } ?? 0
}
