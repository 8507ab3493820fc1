import FoundationEssentials
import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(6)))
struct HostileAnswerTests {
  /// Zeros, so well compressed that a thousandth of them is left.
  private func bomb(megabytes: Int) throws -> [UInt8] {
    let directory = try ScratchDirectory()
    let path = try directory.write("".utf8, to: "zeros")
    let file = try #require(
      FileManager.default.createFile(atPath: path, contents: Data(count: megabytes << 20)) ? path : nil)
    try runProcess("gzip", "-9", file)
    return Array(try Data(contentsOf: URL(filePath: "\(file).gz")))
  }

  @Test func `a bomb goes off at the limit`() async throws {
    let bomb = try bomb(megabytes: 64)
    #expect(bomb.count < 100_000)
    let script = Script { visit in
      visit.readRequest()
      visit.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n")
      visit.send(bomb)
      visit.hang()
    }
    let limit = 1 << 20
    #expect(
      try await exchange({ HTTPRequest("GET", $0.url(), maximumBodyBytes: limit) }, script).fault
        == .bodyTooLarge(limit: limit))
    let quoted = try await exchange(
      { HTTPRequest("GET", $0.url(), maximumBodyBytes: limit, truncatesBody: true) }, script)
    #expect(quoted.text?.utf8.count == limit)
  }

  @Test func `gzip that lies about its length is no whole body`() async throws {
    var bytes = Bytes.hello
    bytes[bytes.count - 1] ^= 0x01  // the length before compression
    for (lie, announced, error) in [
      (bytes, bytes.count, TransportError.badAnswer), (Bytes.hello, Bytes.hello.count + 7, .cutShort),
    ] {
      let outcome = try await exchange { visit in
        visit.readRequest()
        visit.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(announced)\r\n\r\n")
        visit.send(lie)
      }
      #expect(outcome.fault == error)
    }
  }

  @Test(arguments: ["301 Moved Permanently", "307 Temporary Redirect"])
  func `the host that a redirect leads to sees nothing`(_ status: String) async throws {
    try await serving(.echo) { other, _ in
      let script = Script { visit in
        visit.readRequest()
        visit.answer(status: status, headers: "Location: \(other.url())\r\n")
        visit.hang()
      }
      try await serving(script) { server, client in
        let request = HTTPRequest("POST", server.url(), headers: [("Authorization", "Bearer x")], body: [65])
        let answer = try await client.send(request)
        #expect(answer.headers["location"] == other.url())
        #expect((300..<400).contains(answer.status))
        #expect(other.seen.connections == 0)
      }
    }
  }

  @Test func `a handle that is used again keeps nothing of the request before`() async throws {
    try await serving(.echo, HTTPClient.Configuration(maximumConnectionsPerHost: 1)) { server, client in
      let secret = "http://user:word@127.0.0.1:\(server.port)/"
      let first = HTTPRequest("PUT", secret, headers: [("X-Old", "1"), ("Authorization-Note", "n")], body: [65, 66])
      #expect(await client.outcome(of: first).error == nil)
      for method in ["GET", "DELETE", "POST", "PATCH", "OPTIONS", "GET"] {
        #expect(await client.outcome(of: HTTPRequest(method, server.url("/\(method)"))).text == "/\(method)")
        let seen = try #require(server.seen.requests.last)
        #expect(seen.hasPrefix("\(method) /\(method) HTTP/1.1\r\n"))
        #expect(seen.hasSuffix("\r\n\r\n"), "no body")
        #expect(!seen.contains("X-Old") && !seen.contains("uthorization"))
      }
      #expect(server.seen.requests[0].contains("Authorization: Basic "))
    }
  }
}
