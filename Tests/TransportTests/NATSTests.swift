import CNats
import Testing
import TestSupport

@testable import Transport

/// Servers that aren't one of NATS, or that nobody may use. What a real one takes is looked at by `Tests/Receivers`.
@Suite(.timeLimit(.minutes(1)), .enabled(if: cnats_load() == nil)) struct NATSTests {
  private let client = BrokerClient()

  private func result(_ script: Script, _ change: (inout Publication) -> Void = { _ in }) async throws -> Result<
    PublicationReply, TransportError
  > {
    let server = try ScriptedServer(script)
    defer { server.stop() }
    var publication = Publication(
      server: "nats://127.0.0.1:\(server.port)", topic: "vi.a", payload: Array("{}".utf8), id: "m")
    publication.timeout = .seconds(20)
    change(&publication)
    return await client.outcome(of: publication)
  }

  private static let greeting =
    "INFO {\"server_id\":\"X\",\"version\":\"2.9.0\",\"proto\":1,\"headers\":true,\"max_payload\":100}\r\n"

  /// A server that takes the connection and answers what is published with `answer`.
  private static func script(_ answer: @escaping @Sendable (_ inbox: String) -> String) -> Script {
    Script { visit in
      visit.send(greeting)
      while let line = visit.readLine() {
        let words = line.split(separator: " ")
        if line.hasPrefix("PING") { visit.send("PONG\r\n") }
        if line.hasPrefix("HPUB") || line.hasPrefix("PUB"), words.count > 3 { visit.send(answer(String(words[2]))) }
      }
    }
  }

  @Test func `an acknowledgement of a stream is a yes`() async throws {
    let acknowledgement = #"{"stream":"runs","seq":1}"#
    let reply = try await result(
      Self.script { "MSG \($0) 1 \(acknowledgement.utf8.count)\r\n\(acknowledgement)\r\n" }
    ).get()
    #expect(reply.reason == 200)
  }

  @Test func `no stream is a no for now`() async throws {
    let status = "NATS/1.0 503\r\n\r\n"
    let reply = try await result(
      Self.script { "HMSG \($0) 1 \(status.utf8.count) \(status.utf8.count)\r\n\(status)\r\n" }
    ).get()
    #expect(reply.reason == 503, "\(reply)")
  }

  @Test func `what a stream refuses is told by its code`() async throws {
    for (code, status) in [(10_054, 413), (10_077, 500)] {
      let refusal = #"{"error":{"code":400,"err_code":\#(code),"description":"no"}}"#
      let reply = try await result(
        Self.script { "MSG \($0) 1 \(refusal.utf8.count)\r\n\(refusal)\r\n" }
      ).get()
      #expect(reply.reason == status && reply.text.contains("\(code)"), "\(reply)")
    }
  }

  @Test func `a message that is larger than the server takes isn't sent`() async throws {
    let reply = try await result(Self.script { _ in "" }) { $0.payload = Array(repeating: 0x20, count: 200) }.get()
    #expect(reply.reason == 413)
  }

  @Test func `an account that the server doesn't know is refused`() async throws {
    let script = Script { visit in
      visit.send(Self.greeting)
      while let line = visit.readLine(), !line.hasPrefix("PING") {}
      visit.send("-ERR 'Authorization Violation'\r\n")
    }
    #expect(try await result(script) { $0.account = ("me", "s3cret!") }.get().reason == 401)
  }

  @Test func `a server without TLS gets no message that should have it`() async throws {
    let result = try await result(Self.script { _ in "" }) {
      $0.server = $0.server.replacing("nats://", with: "tls://")
    }
    guard case .failure(.tls) = result else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func `where nobody listens nothing is delivered`() async throws {
    let port = try Sockets.freePort()
    let result = await client.outcome(
      of: Publication(server: "nats://127.0.0.1:\(port)", topic: "a", payload: [], id: "m"))
    #expect(throws: TransportError.couldNotConnect(host: "127.0.0.1")) { try result.get() }
  }

  @Test func `a server that says nothing is given up in time`() async throws {
    let result = try await result(.hangs) { $0.timeout = .milliseconds(200) }
    guard case .failure(.timedOut) = result else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func `a server is at no address that it must not be at`() async throws {
    let result = try await result(.hangs) { $0.egress = .publicOnly }
    #expect(throws: TransportError.forbiddenAddress(host: "127.0.0.1", address: "127.0.0.1")) { try result.get() }
  }

  @Test(arguments: ["", "a..b", ".a", "a b", "a.*", "a.>", "a\r\nPUB b 0"]) func `a subject is one subject`(
    subject: String
  ) async throws {
    let result = await client.outcome(
      of: Publication(server: "nats://127.0.0.1:1", topic: subject, payload: [], id: "m"))
    #expect(throws: TransportError.invalidHeader(name: "subject")) { try result.get() }
  }
}
