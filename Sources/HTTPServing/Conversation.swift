internal import Runs

/// One connection, from its first request to its end.
struct Conversation: Sendable {
  let wire: Wire
  let limits: Limits
  let time: TimeSource
  let respond: Server.Respond
  /// Called with true when the connection starts waiting for a request, with false when it has one.
  let onIdle: @Sendable (Bool) -> Void

  func run() async {
    var reader = RequestReader(limits)
    let peer = wire.peer
    do {
      for count in 1...limits.requests {
        var request = try await next(&reader)
        request.peer = peer
        onIdle(false)
        let keepsAlive = request.keepsAlive && count < limits.requests
        guard try await answer(request, keepsAlive: keepsAlive), keepsAlive else { break }
        onIdle(true)
      }
      wire.end()
    } catch let fault as RequestReader.Fault {
      try? await send(.text("the request can't be read", status: fault.rawValue), toHEAD: false, keepsAlive: false)
    } catch is TimeOver where reader.hasBegun {
      try? await send(.text("the request took too long", status: 408), toHEAD: false, keepsAlive: false)
    } catch {
      // The client disconnected, or the connection was closed.
    }
  }

  private func next(_ reader: inout RequestReader) async throws -> Request {
    if let request = try reader.next() { return request }
    if !reader.hasBegun { reader.take(try await within(limits.idling, time) { try await wire.read() }) }
    let end = time.uptime() + limits.reading
    while true {
      if let request = try reader.next() { return request }
      reader.take(try await within(end - time.uptime(), time) { try await wire.read() })
    }
  }

  /// Returns false if the connection must be closed.
  private func answer(_ request: Request, keepsAlive: Bool) async throws -> Bool {
    let response: Response
    do {
      response = try await within(limits.answering, time) { await respond(request) }
    } catch is TimeOver {
      response = .text("this took too long; try again later", status: 503)
    }
    try await send(response, toHEAD: request.method == "HEAD", keepsAlive: keepsAlive)
    if case .events = response.body { return false }
    return true
  }

  private func send(_ response: Response, toHEAD isHead: Bool, keepsAlive: Bool) async throws {
    let head = response.head(keepsAlive: keepsAlive)
    switch response.body {
    case .bytes(let bytes): try await write(isHead ? head : head + bytes)
    case .events(let subscription):
      defer { subscription.leave() }
      try await write(head)
      if !isHead { try await stream(subscription) }
    }
  }

  private func stream(_ subscription: Subscription) async throws {
    while true {
      switch subscription.take() {
      case .bytes(let bytes): try await write(bytes)
      case .end: return
      case .nothing:
        do {
          try await within(limits.silence, time) { await subscription.wait() }
        } catch is TimeOver {
          // A comment line: readers ignore it, and writing it fails if the reader is gone.
          try await write(Array(":\n\n".utf8))
        }
        try Task.checkCancellation()
      }
    }
  }

  private func write(_ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = rest.prefix(limits.part)
      try await within(limits.writing, time) { try await wire.write(part) }
      rest = rest.dropFirst(part.count)
    }
  }
}
