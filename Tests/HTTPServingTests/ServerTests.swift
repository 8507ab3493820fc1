import Runs
import TestSupport
import Testing

@testable import HTTPServing

/// What the server grants its clients, and what not.
@Suite(.timeLimit(.minutes(3))) struct ServerTests {
  /// Serves on a free port for the time of `body`.
  private func serving(
    limits: Limits = Limits(), time: TimeSource = .system,
    respond: @escaping Server.Respond = { .text($0.segments.joined(separator: "|")) },
    _ body: (UInt16, Server) async throws -> Void
  ) async throws {
    let listener = try Listener(host: "127.0.0.1", port: 0)
    let server = Server(listener, limits: limits, time: time, respond: respond)
    let serving = Task { try await server.run() }
    do {
      try await body(listener.port, server)
    } catch {
      serving.cancel()
      throw error
    }
    serving.cancel()
    _ = await serving.result
    #expect(server.connections == 0)
  }

  private func answer(to text: String, at port: UInt16) async throws -> String {
    let client = try RawClient(port: port)
    defer { client.close() }
    client.send(text)
    return await client.readToEnd()
  }

  @Test func `requests are answered one after the other on one connection`() async throws {
    try await serving { port, _ in
      let text = try await answer(
        to: "GET /a%2Fb/c HTTP/1.1\r\nHost: x\r\n\r\nHEAD /d HTTP/1.1\r\nHost: x\r\n\r\n"
          + "POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", at: port)
      #expect(text.split(separator: "HTTP/1.1 200 OK\r\n").count == 3)
      #expect(text.contains("Content-Length: 6\r\n\r\na/b|c\n"))
      #expect(text.contains("Content-Length: 2\r\n\r\nHTTP/1.1"))
      #expect(text.hasSuffix("Connection: close\r\n\r\ne\n"))
    }
  }

  @Test(arguments: [
    ("nonsense\r\n\r\n", 400), ("GET  / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/3\r\n\r\n", 505),
    ("GET http://x/ HTTP/1.1\r\n\r\n", 400), ("GET /%zz HTTP/1.1\r\n\r\n", 400), ("GET /%ff HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nA: b\r\n c: d\r\n\r\n", 400), ("GET / HTTP/1.1\r\nA: \u{1}\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400), ("POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", 413),
    ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    ("GET / HTTP/1.1\r\nA: \(String(repeating: "a", count: 20_000))", 431),
  ])
  func `what is no request is refused, and the connection ends`(text: String, status: Int) async throws {
    try await serving { port, _ in
      let answer = try await answer(to: text, at: port)
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
      #expect(answer.contains("Connection: close"))
    }
  }

  @Test func `a request that doesn't come to its end is given up`() async throws {
    let time = ManualTime()
    try await serving(time: time.source) { port, _ in
      let client = try RawClient(port: port)
      defer { client.close() }
      client.send("GET / HT")
      // It waits for the rest: a sleep of ten seconds, and no more of the idle one.
      while time.untilNextWake != .seconds(10) { await Task.yield() }
      time.advance(by: .seconds(10))
      #expect(await client.readToEnd().hasPrefix("HTTP/1.1 408 "))
    }
  }

  @Test func `a connection that asks for nothing is closed`() async throws {
    let time = ManualTime()
    try await serving(time: time.source) { port, _ in
      let client = try RawClient(port: port)
      defer { client.close() }
      await time.sleepers(atLeast: 1)
      time.advance(by: .seconds(75))
      #expect(await client.readToEnd().isEmpty)
    }
  }

  @Test func `an answer that takes too long is given up`() async throws {
    let time = ManualTime()
    try await serving(
      time: time.source,
      respond: { _ in
        try? await time.source.sleep(.seconds(3_600))
        return .text("late")
      },
      { port, _ in
        let client = try RawClient(port: port)
        defer { client.close() }
        client.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        while time.untilNextWake != .seconds(30) { await Task.yield() }
        time.advance(by: .seconds(30))
        #expect(await client.readToEnd().hasPrefix("HTTP/1.1 503 "))
      })
  }

  @Test func `a client that doesn't take its answer is cut off`() async throws {
    let time = ManualTime()
    try await serving(
      time: time.source, respond: { _ in Response(200, body: .bytes([UInt8](repeating: 65, count: 16 << 20))) },
      { port, server in
        let client = try RawClient(port: port, receiveBuffer: 4_096)
        defer { client.close() }
        client.send("GET / HTTP/1.1\r\n\r\n")
        while time.untilNextWake != .seconds(10) { await Task.yield() }
        while server.connections > 0 {
          time.advance(by: .seconds(10))
          await Task.yield()
        }
      })
  }

  @Test func `one connection too many takes the place of the one that has been idle for the longest`() async throws {
    var limits = Limits()
    limits.connections = 2
    try await serving(limits: limits) { port, server in
      let first = try RawClient(port: port)
      defer { first.close() }
      while server.connections < 1 { await Task.yield() }
      let second = try RawClient(port: port)
      defer { second.close() }
      while server.connections < 2 { await Task.yield() }
      #expect(try await answer(to: "GET /x HTTP/1.1\r\nConnection: close\r\n\r\n", at: port).hasSuffix("x\n"))
      #expect(await first.readToEnd().isEmpty)
      second.send("GET /y HTTP/1.1\r\nConnection: close\r\n\r\n")
      #expect(await second.readToEnd().hasSuffix("y\n"))
    }
  }

  @Test func `a port that is in use is refused, and so is what is no address`() async throws {
    let listener = try Listener(host: "localhost", port: 0)
    #expect(throws: Listener.Failure.self) { try Listener(host: "127.0.0.1", port: listener.port) }
    #expect(throws: Listener.Failure.self) { try Listener(host: "example.com", port: 0) }
    #expect(try Listener(host: "::1", port: 0).port != 0)
  }
}
