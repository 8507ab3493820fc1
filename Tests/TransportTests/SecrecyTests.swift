import Testing
import TestSupport

@testable import Transport

@Suite(.timeLimit(.minutes(6)))
struct SecrecyTests {
  /// Fails in as many ways as a URL can be held against, and gives what is said about it.
  private func texts(path: String) async throws -> [String] {
    var texts: [String] = []
    let refused = try Sockets.freePort()
    try await serving(
      Script { visit in
        visit.readRequest()
        visit.send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhidden-body")
        if visit.number > 1 { visit.hang() }
      }
    ) { server, client in
      for start in [
        "http://127.0.0.1:\(server.port)", "http://hidden-user:hidden-word@127.0.0.1:\(server.port)",
        "https://hidden-user@127.0.0.1:\(server.port)", "http://hidden-user@127.0.0.1:\(refused)",
        "http://hidden-user:hidden-word@nonexistent.invalid", "hidden-user://127.0.0.1", "http://hidden-user@", "",
        "http://127.0.0.1:\(server.port)/a b",
      ] {
        let request = HTTPRequest("GET", start + path, timeout: .milliseconds(200), maximumBodyBytes: 20)
        let outcome = await client.outcome(of: request)
        let clause = try #require(outcome.error ?? outcome.fault)
        texts.append("\(clause) \(clause.label)")
      }
    }
    return texts
  }

  @Test func `no error text holds anything of the URL but the host`() async throws {
    let texts = try await texts(path: "/hidden-path?token=hidden-query#hidden-fragment")
    #expect(texts.count == 9)
    for text in texts { #expect(!text.contains("hidden")) }
    #expect(Set(texts).count >= 5, "the ways to fail differ")
  }

  @Test func `a header's value is not in the text, and its name can't forge a line`() async throws {
    let client = HTTPClient()
    let error = await client.outcome(
      of: HTTPRequest("GET", "http://127.0.0.1/", headers: [("X-A\r\nlevel=info", "hidden")])
    ).error
    #expect(error?.description == "the header \"X-A  level=info\" can't be sent")
    await client.close()
  }
}

struct TransportErrorTests {
  private static let all: [TransportError] =
    [
      .invalidURL, .invalidMethod, .unsupportedScheme, .invalidHeader(name: "X"), .couldNotResolve(host: "host"),
      .couldNotConnect(host: "host"), .tls(host: "host", detail: "detail"),
      .forbiddenAddress(host: "host", address: "::1"), .proxyRefused(status: 407),
      .unreadableFile(path: "/a\nb", reason: "No such file or directory"), .stalled, .bodyTooLarge(limit: 7),
      .notTaken, .cutShort, .badAnswer, .cancelled, .closed, .other(code: 1, text: "text"),
    ] + TransportError.Stage.allCases.map { .timedOut(host: "host", stage: $0) }

  @Test(arguments: all) func `a text is a clause on one line`(_ error: TransportError) {
    let text = error.description
    #expect(text.first?.isLowercase == true)
    #expect(text.last != ".")
    #expect(!text.contains("\n"))
  }

  @Test func `every error has a label of its own out of the list`() {
    #expect(Set(Self.all.map(\.label)) == Set(TransportError.labels))
    #expect(Set(TransportError.labels).count == TransportError.labels.count)
  }
}
