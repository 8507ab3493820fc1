import Glibc

/// A receiver for benches: an HTTP/1.1 server on 127.0.0.1 that says `200` and `ok` to every request, on one thread and
/// without an allocation per request. `GET /count` answers with the number of requests before it, those for the count left out.
///
/// `vi-notify-bench sink` prints the port as one line and ends when its standard input is closed. It is a process of its
/// own so that its CPU time is not the sender's; ``SinkProcess`` starts it.
struct SinkServer: ~Copyable {
  private static let yes = Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok".utf8)

  private let listener: Int32
  private let port: UInt16
  /// Standard input, the listener, then one for each of ``connections``, in their order. With a hundred connections at
  /// most `poll` does as well as epoll, which Glibc's module doesn't have.
  private var polled: [pollfd]
  private var connections: [SinkConnection] = []
  private var requests = 0

  /// Listens on a port that the system chooses.
  init() throws(ServerFailure) {
    (listener, port) = try listenOnLoopback(backlog: 1024)
    _ = fcntl(listener, F_SETFL, O_NONBLOCK)
    polled = [0, listener].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  }

  deinit {
    close(listener)
  }

  /// Prints the port and serves until standard input is closed.
  mutating func run() {
    print(port)
    fflush(nil)
    while poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR {
      if polled[0].revents != 0, isInputClosed() { return }
      // From the last to the first: one that goes leaves its place to the last, which has been looked at by then.
      for index in connections.indices.reversed() where polled[index + 2].revents != 0 {
        if !serve(connections[index]) { remove(index) }
      }
      if polled[1].revents != 0 { welcome() }
    }
  }

  private func isInputClosed() -> Bool {
    var byte: UInt8 = 0
    let count = read(0, &byte, 1)
    return count == 0 || (count < 0 && errno != EINTR)
  }

  private mutating func welcome() {
    while case let descriptor = accept(listener, nil, nil), descriptor >= 0 {
      var on: Int32 = 1
      setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
      polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
      connections.append(SinkConnection(descriptor))
    }
  }

  private mutating func remove(_ index: Int) {
    connections.swapAt(index, connections.count - 1)
    polled.swapAt(index + 2, polled.count - 1)
    connections.removeLast()
    polled.removeLast()
  }

  /// - Returns: false when the connection has to go.
  private mutating func serve(_ connection: SinkConnection) -> Bool {
    guard connection.receive() else { return false }
    while true {
      switch connection.step() {
      case .needsMore: return true
      case .broken: return false
      case .request(asksCount: false):
        requests += 1
        guard connection.send(Self.yes) else { return false }
      case .request(asksCount: true):
        let body = "\(requests)"
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        guard connection.send(Array((head + body).utf8)) else { return false }
      }
    }
  }
}
