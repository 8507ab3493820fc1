import Glibc

/// A receiver for benches: an HTTP/1.1 server on 127.0.0.1 that says `200` and `ok` to every request, on one thread and
/// without an allocation per request, at once or after a fixed time. `GET /count` answers with the number of requests before it, those for the count left out.
///
/// `vi-notify-bench sink [MILLISECONDS]` prints the port as one line and ends when its standard input is closed. It is a process of its
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
  /// Before each answer but those to the count, in nanoseconds.
  private let delay: UInt64
  /// Who gets an answer when, by ``Stopwatch/nanoseconds``. All wait equally long, so they stay in order.
  private var late: [(at: UInt64, connection: SinkConnection)] = []
  private var firstLate = 0

  /// Listens on a port that the system chooses.
  ///
  /// - Parameter delay: before each answer, in milliseconds.
  init(delay: UInt64) throws(ServerFailure) {
    self.delay = delay * 1_000_000
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
    while poll(&polled, nfds_t(polled.count), answerLate()) >= 0 || errno == EINTR {
      if polled[0].revents != 0, isInputClosed() { return }
      // From the last to the first: one that goes leaves its place to the last, which has been looked at by then.
      for index in connections.indices.reversed() where polled[index + 2].revents != 0 {
        if !serve(connections[index]) { remove(index) }
      }
      if polled[1].revents != 0 { welcome() }
    }
  }

  /// Answers whose time has come.
  ///
  /// - Returns: milliseconds until the next one; -1: nobody waits.
  private mutating func answerLate() -> Int32 {
    if firstLate == late.count { return -1 }
    let now = Stopwatch.nanoseconds
    while firstLate < late.count, late[firstLate].at <= now {
      // Who has gone is noticed when it is read from.
      _ = late[firstLate].connection.send(Self.yes)
      firstLate += 1
    }
    if firstLate == late.count || firstLate > 4_096 {
      late.removeFirst(firstLate)
      firstLate = 0
    }
    return late.isEmpty ? -1 : Int32((late[firstLate].at - now + 999_999) / 1_000_000)
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
        if delay > 0 {
          late.append((Stopwatch.nanoseconds + delay, connection))
          continue
        }
        guard connection.send(Self.yes) else { return false }
      case .request(asksCount: true):
        let body = "\(requests)"
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        guard connection.send(Array((head + body).utf8)) else { return false }
      }
    }
  }
}
