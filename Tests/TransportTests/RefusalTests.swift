import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(6)))
struct RefusalTests {
  private func refusal(of request: (ScriptedServer) -> HTTPRequest) async throws -> TransportError? {
    var error: TransportError?
    try await serving(.hangs) { server, client in
      error = await client.outcome(of: request(server)).error
      #expect(server.seen.connections == 0, "nothing may leave")
    }
    return error
  }

  @Test(arguments: ["a\r\nX-Injected: 1", "a\nb", "a\rb", "a\0b", "a\u{1B}b", "a\u{7F}"])
  func `a header value can't break out of its line`(_ value: String) async throws {
    let error = try await refusal { HTTPRequest("GET", $0.url(), headers: [("X-Fine", "1"), ("X-Name", value)]) }
    #expect(error == .invalidHeader(name: "X-Name"))
  }

  @Test(arguments: ["", "X:Y", "X Y", "X\r\nY", "X\0", "X;", "Ü"])
  func `a header name is a token`(_ name: String) async throws {
    let error = try await refusal { HTTPRequest("GET", $0.url(), headers: [(name, "1")]) }
    #expect(error == .invalidHeader(name: name))
  }

  @Test(arguments: ["content-LENGTH", "Transfer-Encoding", "Expect"])
  func `how a message is framed is not for the caller to say`(_ name: String) async throws {
    let error = try await refusal { HTTPRequest("POST", $0.url(), headers: [(name, "5")], body: [1]) }
    #expect(error == .invalidHeader(name: name))
  }

  @Test func `the client's own name can't break out either`() async throws {
    try await serving(.hangs, HTTPClient.Configuration(userAgent: "a\r\nb")) { server, client in
      let error = await client.outcome(of: HTTPRequest("GET", server.url())).error
      #expect(error == .invalidHeader(name: "User-Agent"))
    }
  }

  @Test(arguments: ["", "GET /other HTTP/1.1\r\nX: ", "GE T", "G\0"])
  func `a method is a token`(_ method: String) async throws {
    let error = try await refusal { HTTPRequest(method, $0.url()) }
    #expect(error == .invalidMethod)
  }

  @Test(arguments: ["/a b", "/a\r\nX: 1", "/a\0b", "/a\tb"])
  func `a URL can't break out of the request line`(_ path: String) async throws {
    let error = try await refusal { HTTPRequest("GET", $0.url(path)) }
    #expect(error == .invalidURL)
  }

  @Test(arguments: ["", "nonsense", "/path", "http://", "http://host:99999/", "//host/", "http://[::1/"])
  func `what is no absolute URL is refused`(_ url: String) async throws {
    let error = try await refusal { _ in HTTPRequest("GET", url) }
    #expect(error == .invalidURL)
  }

  @Test(arguments: ["ftp://host/", "file:///etc/passwd", "gopher://host/", "smtp://host/", "unknown://host/"])
  func `only http and https are spoken`(_ url: String) async throws {
    let error = try await refusal { _ in HTTPRequest("GET", url) }
    #expect(error == .unsupportedScheme)
  }

  @Test func `requests share connections by scheme, host and port alone`() throws {
    let urls = ["http://Host/a", "HTTP://u:p@host:80/b?c", "https://host/a", "http://host:81/"]
    #expect(
      try urls.map { try CheckedURL($0).origin } == [
        "http://host:80", "http://host:80", "https://host:443", "http://host:81",
      ])
  }
}
