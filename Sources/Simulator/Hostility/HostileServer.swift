import Glibc
internal import Locking

/// A server whose answers need not be HTTP. It uses one thread per connection.
final class HostileServer: Sendable {
  typealias Serve = @Sendable (ReceivedRequest) -> (WireAnswer, sent: @Sendable (_ head: Bool, _ rest: Bool) -> Void)

  private static let maxConnections = 256

  private struct State: Sendable {
    var isStopping = false
    var connections: Set<Int32> = []
    /// Running threads, including the one that accepts.
    var threads = 0
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  let port: UInt16
  private let listener: Int32
  private let state = Locked(State())
  private let now: @Sendable () -> Int64
  private let serve: Serve

  /// - Parameters:
  ///   - host: an IPv4 address, or `localhost`.
  ///   - port: 0 takes a free one.
  ///   - serve: answers a request; the function it returns with the answer is called after sending, with how much of it the client
  ///     took.
  init(host: String, port: UInt16, now: @escaping @Sendable () -> Int64, serve: @escaping Serve) throws(ListenError) {
    (listener, self.port) = try listeningSocket(host, port)
    self.now = now
    self.serve = serve
    start { $0.accept() }
  }

  /// Closes every connection, and waits until that is done.
  func stop() async {
    state.withLock { state in
      state.isStopping = true
      for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
    }
    shutdown(listener, Int32(SHUT_RDWR))
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if state.threads > 0 { state.waiters.append(continuation) }
        return state.threads == 0
      }
      if isOver { continuation.resume() }
    }
  }

  private func start(_ body: @escaping @Sendable (HostileServer) -> Void) {
    state.withLock { $0.threads += 1 }
    let code = startThread {
      body(self)
      self.endThread()
    }
    if code != 0 { endThread() }
  }

  private func endThread() {
    let waiters = state.withLock { state in
      state.threads -= 1
      defer { if state.threads == 0 { state.waiters = [] } }
      return state.threads == 0 ? state.waiters : []
    }
    for waiter in waiters { waiter.resume() }
  }

  private func accept() {
    defer { close(listener) }
    while !state.withLock(\.isStopping) {
      let connection = Glibc.accept(listener, nil, nil)
      guard connection >= 0 else { continue }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      let isWelcome = state.withLock { state in
        guard !state.isStopping, state.connections.count < Self.maxConnections else { return false }
        state.connections.insert(connection)
        return true
      }
      if isWelcome {
        start { $0.converse(on: Connection(connection)) }
      } else {
        close(connection)
      }
    }
  }

  private func converse(on connection: Connection) {
    var reader = RequestReader()
    talk: while let bytes = connection.read() {
      reader.take(bytes)
      do {
        while let request = try reader.next(time: now()) {
          let (answer, sent) = serve(request)
          let (head, rest) = connection.send(answer)
          sent(head, rest)
          guard rest, case .keepAlive = answer.end, request.headers["connection"]?.lowercased() != "close" else {
            if case .reset = answer.end { connection.resetWhenClosed() }
            break talk
          }
        }
      } catch {
        break
      }
    }
    // Under the lock: once closed, the number may be reused, and `stop` must not shut down the new owner.
    state.withLock { state in
      state.connections.remove(connection.descriptor)
      connection.end()
    }
  }
}
