import FlyingSocks
import Glibc
internal import Locking

/// A socket pool that sends answers without delay, and reports when the server listens.
///
/// FlyingFox writes an answer in two parts and leaves Nagle's algorithm on, so the second part of a kept-alive answer waits for the
/// client's delayed acknowledgement: 44 ms. On Linux, accepted sockets inherit the option from the listening socket, and that
/// one passes through this pool before anything is accepted.
struct PromptSockets: AsyncSocketPool {
  private let base: any AsyncSocketPool
  private let listening: Locked<Bool> = Locked(false)
  private let onListening: @Sendable (_ port: UInt16) -> Void

  init(_ base: some AsyncSocketPool, onListening: @escaping @Sendable (_ port: UInt16) -> Void) {
    self.base = base
    self.onListening = onListening
  }

  func prepare() async throws {
    try await base.prepare()
  }

  func run() async throws {
    try await base.run()
  }

  func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
    if !listening.withLock(\.self) { try prepareListener(socket) }
    try await base.suspendSocket(socket, untilReadyFor: events)
  }

  private func prepareListener(_ socket: Socket) throws {
    // A very early client was accepted before the first wait; this may be its connection.
    guard try socket.getValue(for: Int32SocketOption(name: SO_ACCEPTCONN)) != 0 else { return }
    try socket.setValue(true, for: BoolSocketOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY))
    let wasListening = listening.withLock { isListening in
      defer { isListening = true }
      return isListening
    }
    if !wasListening { onListening(try socket.sockname().port) }
  }
}

extension Socket.Address {
  fileprivate var port: UInt16 {
    switch self {
    case .ip4(_, let port), .ip6(_, let port): port
    case .unix: 0
    }
  }
}
