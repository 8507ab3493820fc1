internal import FlyingSocks
internal import Glibc
internal import Locking
package import Runs

/// An HTTP/1.1 server that bounds what it reads, holds and waits for (``Limits``).
///
/// In: a ``Listener`` and a function from ``Request`` to ``Response``. Out: bytes. It knows nothing
/// about content, tokens or hosts; `StatusPort` does. Begin reading at ``Conversation``.
package final class Server: Sendable {
  package typealias Respond = @Sendable (Request) async -> Response

  private struct Guest {
    let wire: Wire
    /// The uptime at which it started waiting for a request; nil while a request is being answered.
    var idleSince: Duration?
  }

  private struct State {
    var guests: [Int32: Guest] = [:]
  }

  private let listener: Listener
  private let limits: Limits
  private let time: TimeSource
  private let respond: Respond
  private let state = Locked(State())

  package init(_ listener: Listener, limits: Limits = Limits(), time: TimeSource, respond: @escaping Respond) {
    (self.listener, self.limits, self.time, self.respond) = (listener, limits, time, respond)
  }

  package var connections: Int { state.withLock { $0.guests.count } }

  /// Serves until it is cancelled.
  package func run() async throws {
    let pool = SocketPool<Poll>.make()
    try await pool.prepare()
    try await withThrowingTaskGroup { group in
      group.addTask { try await pool.run() }
      group.addTask { try await self.welcome(pool) }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func welcome(_ pool: some AsyncSocketPool) async throws {
    let door = Socket(file: .init(rawValue: listener.descriptor))
    try await withThrowingDiscardingTaskGroup { group in
      while true {
        try Task.checkCancellation()
        let descriptor = accept(listener.descriptor, nil, nil)
        if descriptor >= 0 {
          // A hook that starts before this line doesn't inherit the descriptor: hooks close what they don't know.
          _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
          _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
          let wire = Wire(descriptor, pool)
          if admit(wire) { group.addTask { await self.entertain(wire) } } else { wire.close() }
        } else if errno == EAGAIN {
          try await pool.suspendSocket(door, untilReadyFor: .connection)
        } else if errno != EINTR && errno != ECONNABORTED {
          // Out of descriptors. Retry later, because an error here must not end the process.
          try await time.sleep(.milliseconds(100))
        }
      }
    }
  }

  /// Returns false if there is no room and no idle connection to close.
  private func admit(_ wire: Wire) -> Bool {
    let now = time.uptime()
    return state.withLock { state in
      // Connections that were shut down still count until their tasks end, hence the factor.
      if state.guests.count >= limits.connections {
        let idle = state.guests.filter { $0.value.idleSince != nil }
        guard state.guests.count < 2 * limits.connections,
          let longest = idle.min(by: { ($0.value.idleSince ?? now) < ($1.value.idleSince ?? now) })
        else { return false }
        longest.value.wire.end()
        state.guests[longest.key]?.idleSince = nil
      }
      state.guests[wire.descriptor] = Guest(wire: wire, idleSince: now)
      return true
    }
  }

  private func entertain(_ wire: Wire) async {
    let conversation = Conversation(
      wire: wire, limits: limits, time: time, respond: respond,
      onIdle: { isIdle in
        let since = isIdle ? self.time.uptime() : nil
        self.state.withLock { $0.guests[wire.descriptor]?.idleSince = since }
      })
    await conversation.run()
    // Under the lock: once closed, the number may be reused, and `admit` must not shut down its new owner.
    state.withLock { state in
      state.guests[wire.descriptor] = nil
      wire.close()
    }
  }
}
