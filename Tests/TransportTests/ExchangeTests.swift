import Notation
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(6)))
struct ExchangeTests {
  /// All lines of the request but the encodings, which depend on how libcurl was built.
  private func lines(_ request: String?) throws -> [String] {
    let lines = try #require(request).split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines.contains { $0.hasPrefix("Accept-Encoding: ") && $0.contains("gzip") })
    return lines.filter { !$0.hasPrefix("Accept-Encoding: ") }
  }

  private func sent(_ request: (ScriptedServer) -> HTTPRequest, userAgent: String? = nil) async throws -> [String] {
    var seen: [String] = []
    try await serving(
      Script { if $0.readRequest() != nil { $0.answer() } }, HTTPClient.Configuration(userAgent: userAgent)
    ) { server, client in
      _ = try await client.send(request(server))
      seen = try lines(server.seen.requests.first).map { $0.replacing("127.0.0.1:\(server.port)", with: "SERVER") }
    }
    return seen
  }

  @Test func `a GET is sent byte for byte as asked`() async throws {
    let seen = try await sent {
      HTTPRequest("GET", $0.url("/runs?page=2"), headers: [("X-One", "1"), ("X-Empty", ""), ("X-Blank", "  ")])
    }
    #expect(
      seen == ["GET /runs?page=2 HTTP/1.1", "Host: SERVER", "Accept: */*", "X-One: 1", "X-Empty:", "X-Blank:", "", ""])
  }

  /// libcurl asks for permission to send bodies of more than 1 MiB.
  @Test func `a POST carries its body and waits for no permission`() async throws {
    let body = String(repeating: "é", count: 700_000)
    let seen = try await sent {
      HTTPRequest("POST", $0.url(), headers: [("Content-Type", "a/b")], body: Array(body.utf8))
    }
    #expect(
      seen == [
        "POST / HTTP/1.1", "Host: SERVER", "Accept: */*", "Content-Type: a/b", "Content-Length: 1400000", "", body,
      ])
  }

  @Test(arguments: ["POST", "PUT", "PATCH"]) func `a method that expects a body says that it has none`(
    _ method: String
  ) async throws {
    let seen = try await sent { HTTPRequest(method, $0.url()) }
    #expect(seen == ["\(method) / HTTP/1.1", "Host: SERVER", "Accept: */*", "Content-Length: 0", "", ""])
  }

  @Test(arguments: ["PATCH", "DELETE", "GET"]) func `any method may carry a body`(_ method: String) async throws {
    let seen = try await sent { HTTPRequest(method, $0.url(), body: Array("xyz".utf8)) }
    #expect(seen == ["\(method) / HTTP/1.1", "Host: SERVER", "Accept: */*", "Content-Length: 3", "", "xyz"])
  }

  @Test func `a DELETE without body is just a head`() async throws {
    let seen = try await sent { HTTPRequest("DELETE", $0.url("/run/1")) }
    #expect(seen == ["DELETE /run/1 HTTP/1.1", "Host: SERVER", "Accept: */*", "", ""])
  }

  @Test func `the client names itself unless the request does`() async throws {
    let one = try await sent({ HTTPRequest("GET", $0.url()) }, userAgent: "vi-notify/1")
    #expect(one.contains("User-Agent: vi-notify/1"))
    let other = try await sent({ HTTPRequest("GET", $0.url(), headers: [("user-agent", "mine")]) }, userAgent: "house")
    #expect(other.filter { $0.lowercased().hasPrefix("user-agent") } == ["user-agent: mine"])
  }

  @Test func `text outside ASCII is percent-encoded and a fragment stays at home`() async throws {
    let seen = try await sent { HTTPRequest("GET", $0.url("/läuft/%2F#secret")) }
    #expect(seen.first == "GET /l%c3%a4uft/%2F HTTP/1.1")
  }

  @Test func `HEAD ends with the head although a length is announced`() async throws {
    let answer = try await exchange(
      { HTTPRequest("HEAD", $0.url()) },
      Script { visit in
        visit.readRequest()
        visit.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
        visit.hang()
      }
    ).get()
    #expect(answer.headers["content-length"] == "5000")
    #expect(answer.body.isEmpty)
  }

  @Test func `status, headers, body and peer of an answer are kept`() async throws {
    try await serving(
      Script { visit in
        visit.readRequest()
        visit.answer(
          "found it", status: "404 Nope", headers: "X-A: 1\r\nx-a:   2  \r\nX-Folded: one\r\n two\r\nX-None:\r\n")
      }
    ) { server, client in
      let answer = try await client.send(HTTPRequest("GET", server.url()))
      #expect(answer.status == 404)
      #expect(String(decoding: answer.body, as: UTF8.self) == "found it")
      #expect(answer.headers["x-A"] == "2")
      #expect(answer.headers.all("X-A") == ["1", "2"])
      #expect(answer.headers["X-Folded"] == "one two")
      #expect(answer.headers["X-None"] == "")
      #expect(answer.headers["X-Missing"] == nil)
      #expect(answer.peer == "127.0.0.1:\(server.port)")
    }
  }

  @Test func `interim answers and trailers leave no header behind`() async throws {
    let answer = try await exchange { visit in
      visit.readRequest()
      visit.send("HTTP/1.1 103 Early Hints\r\nLink: early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n")
      visit.send("X-Final: yes\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Trailer: late\r\n\r\n")
    }.get()
    #expect(answer.status == 200)
    #expect(String(decoding: answer.body, as: UTF8.self) == "abcdefg")
    #expect(answer.headers.fields.map(\.name) == ["Transfer-Encoding", "X-Final"])
  }

  @Test func `a compressed answer is decompressed`() async throws {
    let answer = try await exchange { visit in
      visit.readRequest()
      visit.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(Bytes.hello.count)\r\n\r\n")
      visit.send(Bytes.hello)
    }
    #expect(answer.text == "hello, hello, hello")
  }

  @Test(arguments: [301, 302, 307, 308]) func `a redirect is an answer and is not followed`(_ status: Int) async throws
  {
    try await serving(
      Script { visit in
        while visit.readRequest() != nil {
          visit.answer(status: "\(status) Moved", headers: "Location: /elsewhere\r\n")
        }
      }
    ) { server, client in
      let answer = try await client.send(HTTPRequest("GET", server.url()))
      #expect(answer.status == status)
      #expect(answer.headers["location"] == "/elsewhere")
      #expect(server.seen.requests.count == 1)
    }
  }

  @Test func `an answer that ends with the connection is complete`() async throws {
    let answer = try await exchange { visit in
      visit.readRequest()
      visit.send("HTTP/1.0 200 OK\r\n\r\nto the end")
    }
    #expect(answer.text == "to the end")
  }
}

enum Bytes {
  /// "hello, hello, hello", gzipped.
  static let hello = Hexadecimal.bytes("1f8b08000000000002ffcb48cdc9c9d751c840a2009fa1ca0913000000") ?? []

  /// 100,000 zeros, gzipped into 132 bytes.
  static let zeros =
    (Hexadecimal.bytes("1f8b08000000000002ffedc13101000000c2a0f54f6d0d0fa0") ?? [])
    + [UInt8](repeating: 0, count: 96) + (Hexadecimal.bytes("8057037d9511d4a0860100") ?? [])
}
