import Testing
import TestSupport

@testable import Transport

@Suite(.timeLimit(.minutes(6)))
struct FailureTests {
  @Test func `silence after the request times out as answering`() async throws {
    let error = try await exchange({ HTTPRequest("GET", $0.url(), timeout: .milliseconds(150)) }, .hangs).error
    #expect(error == .timedOut(host: "127.0.0.1", stage: .answering))
  }

  @Test func `a body that never ends times out although it flows`() async throws {
    let fault = try await exchange(
      { HTTPRequest("GET", $0.url(), timeout: .milliseconds(200)) },
      Script { visit in
        visit.readRequest()
        visit.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while visit.send("1\r\nx\r\n") {}
      }
    ).fault
    #expect(fault == .timedOut(host: "127.0.0.1", stage: .answering))
  }

  @Test func `a handshake without answer times out as connecting`() async throws {
    let error = try await exchange(
      {
        HTTPRequest("GET", "https://127.0.0.1:\($0.port)/", connectTimeout: .milliseconds(150))
      }, .hangs
    ).error
    #expect(error == .timedOut(host: "127.0.0.1", stage: .connecting))
  }

  @Test func `waiting for a connection counts towards the time`() async throws {
    try await serving(.silent, HTTPClient.Configuration(maximumConnectionsPerHost: 1)) { server, client in
      let first = Task { await client.outcome(of: HTTPRequest("GET", server.url(), timeout: .seconds(60))) }
      await server.hasRead(1)
      let second = await client.outcome(of: HTTPRequest("GET", server.url(), timeout: .milliseconds(100)))
      #expect(second.error == .timedOut(host: "127.0.0.1", stage: .waiting))
      first.cancel()
      #expect(await first.value.error == .cancelled)
    }
  }

  @Test func `a body that stops flowing has stalled`() async throws {
    let fault = try await exchange(
      { HTTPRequest("GET", $0.url(), stallTimeout: .milliseconds(100)) },
      Script { visit in
        visit.readRequest()
        visit.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab")
        visit.hang()
      }
    ).fault
    #expect(fault == .stalled)
  }

  @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 103 Early Hints\r\n\r\n"])
  func `an answer without its head was cut short`(_ part: String) async throws {
    for resets in [false, true] {
      let error = try await exchange { visit in
        visit.readRequest()
        visit.send(part)
        if resets { visit.reset() }
      }.error
      #expect(error == .cutShort, "resets: \(resets)")
    }
  }

  @Test(arguments: [
    "SSH-2.0-OpenSSH_9.2\r\n", "just text", "HTTP/1.1 abc\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
  ])
  func `what is no HTTP is a bad answer`(_ text: String) async throws {
    let error = try await exchange { visit in
      visit.readRequest()
      visit.send(text)
      visit.hang()
    }.error
    #expect(error == .badAnswer)
  }

  @Test func `gzip with a wrong checksum is a fault of the body`() async throws {
    var bytes = Bytes.hello
    bytes[bytes.count - 6] ^= 0xFF
    let lie = bytes
    let fault = try await exchange { visit in
      visit.readRequest()
      visit.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(lie.count)\r\n\r\n")
      visit.send(lie)
      visit.hang()
    }.fault
    #expect(fault == .badAnswer)
  }

  @Test func `headers without end are a bad answer`() async throws {
    let error = try await exchange { visit in
      visit.readRequest()
      visit.send("HTTP/1.1 200 OK\r\n")
      while visit.send("X-More: and more\r\n") {}
    }.error
    #expect(error == .badAnswer)
  }

  @Test func `nobody listening is could not connect`() async throws {
    let port = try Sockets.freePort()
    let error = try await exchange({ _ in HTTPRequest("GET", "http://127.0.0.1:\(port)/") }, .hangs).error
    #expect(error == .couldNotConnect(host: "127.0.0.1"))
  }

  @Test func `an unknown name is could not resolve`() async throws {
    let error = try await exchange({ _ in HTTPRequest("GET", "http://nonexistent.invalid/") }, .hangs).error
    #expect(error == .couldNotResolve(host: "nonexistent.invalid"))
  }

  @Test func `a server without TLS is no secure connection`() async throws {
    let error = try await exchange(
      { HTTPRequest("GET", "https://127.0.0.1:\($0.port)/") },
      Script { visit in
        visit.send("HTTP/1.1 400 Bad Request\r\n\r\n")
        visit.hang()
      }
    ).error
    guard case .tls(host: "127.0.0.1", let detail) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!detail.isEmpty)
  }

  @Test func `an authority file that is not there is a matter of TLS`() async throws {
    try await serving(.hangs, HTTPClient.Configuration(caFile: "/nonexistent/authorities.pem")) {
      server, client in
      let error = await client.outcome(of: HTTPRequest("GET", "https://127.0.0.1:\(server.port)/")).error
      #expect(error?.label == "tls")
    }
  }
}
