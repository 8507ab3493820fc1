import Glibc
import HTTPSyntax
import Testing
import TestSupport

@testable import Transport

struct ProxyRouteTests {
  private func proxy(_ url: String, _ environment: [String: String], _ proxy: Proxy = .environment) throws -> String? {
    ProxyRoutes(proxy) { environment[$0] }.proxy(for: try CheckedURL(url))
  }

  @Test func `the environment is read as libcurl reads it`() throws {
    let all = ["http_proxy": "h", "https_proxy": "s", "all_proxy": "a"]
    #expect(try proxy("http://x/", all) == "h")
    #expect(try proxy("https://x/", all) == "s")
    #expect(try proxy("http://x/", ["HTTP_PROXY": "h"]) == nil, "a CGI program's request header")
    #expect(try proxy("https://x/", ["HTTPS_PROXY": "s"]) == "s")
    for name in ["all_proxy", "ALL_PROXY"] {
      #expect(try proxy("http://x/", [name: "a"]) == "a")
      #expect(try proxy("https://x/", [name: "a"]) == "a")
    }
    #expect(try proxy("http://x/", all, .none) == nil)
    func mailProxy(_ scheme: String, _ environment: [String: String]) throws -> String? {
      let server = try ServerAddress("\(scheme)://mail.example", ports: MailRequest.ports)
      return ProxyRoutes(.environment) { environment[$0] }.proxy(for: server)
    }
    #expect(try mailProxy("smtp", all) == "a" && mailProxy("smtps", all) == "a")
    #expect(try mailProxy("smtp", ["http_proxy": "h", "https_proxy": "s"]) == nil)
    #expect(try mailProxy("smtp", ["SMTP_PROXY": "m", "all_proxy": "a"]) == "m")
    #expect(try mailProxy("smtps", ["smtps_proxy": "m", "no_proxy": "example"]) == nil)
    #expect(try proxy("http://x/", all, .url("u")) == "u")
  }

  @Test(arguments: [
    ("*", "any.example", true), ("example.com", "example.com", true), ("example.com", "a.EXAMPLE.com", true),
    (".example.com", "example.com", true), ("example.com.", "a.example.com", true),
    ("example.com", "b-example.com", false),
    ("a.example.com", "example.com", false), ("x, example.com", "example.com", true), ("x y\tz", "y", true),
    ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "11.1.2.3", false), ("127.0.0.1", "127.0.0.1", true),
    ("127.0.0.1", "127.0.0.2", false), ("::1", "[::1]", true), ("fd00::/8", "[fd12::1]", true), ("", "x", false),
    (",,", "x", false), ("x,*", "y", false), ("7.0.0.1", "127.0.0.1", false),
  ])
  func `no_proxy names hosts, what is below them, addresses and blocks`(
    _ list: String, _ host: String, _ isDirect: Bool
  ) throws {
    let url = "http://\(host)/"
    for name in ["no_proxy", "NO_PROXY"] {
      #expect(try proxy(url, ["http_proxy": "p", name: list]) == (isDirect ? nil : "p"))
    }
    #expect(try proxy(url, [:], .url("p")) == "p")
  }
}

@Suite(.timeLimit(.minutes(6)))
struct ProxyTests {
  private func outcome(of request: HTTPRequest, through proxy: String, caFile: String? = nil) async -> ResponseResult {
    let client = HTTPClient(HTTPClient.Configuration(caFile: caFile, proxy: .url(proxy)))
    let outcome = await client.outcome(of: request)
    await client.close()
    return outcome
  }

  @Test func `plain HTTP is asked of the proxy, whose own address isn't judged`() async throws {
    try await serving(.echo) { proxy, _ in
      let request = HTTPRequest("GET", "http://service.invalid/path", egress: .publicOnly)
      #expect(await outcome(of: request, through: proxy.url("")).text == "http://service.invalid/path")
      #expect(proxy.seen.requests.first?.contains("Host: service.invalid\r\n") == true)
    }
  }

  @Test(arguments: ["169.254.169.254", "localhost", "[::1]", "10.1", "[64:ff9b::a00:1]"], [false, true])
  func `what the URL itself says is judged before the proxy hears of it`(_ host: String, _ isSecure: Bool) async throws
  {
    try await serving(.echo) { proxy, _ in
      let request = HTTPRequest("GET", "\(isSecure ? "https" : "http")://\(host)/", egress: .publicOnly)
      #expect(await outcome(of: request, through: proxy.url("")).error?.label == "forbidden_address")
      #expect(proxy.seen.connections == 0)
    }
  }

  @Test(.enabled(if: Certificates.canBeMade))
  func `TLS goes through a tunnel, and the certificate is the server's`() async throws {
    let certificates = try Certificates()
    let server = try ChildServer.tls(certificates.make("server"))
    try await serving(.tunnel) { proxy, _ in
      let url = "http://user:word@127.0.0.1:\(proxy.port)"
      let request = HTTPRequest("GET", server.secureURL, headers: [("X-Mine", "1")])
      let trusting = await outcome(of: request, through: url, caFile: certificates.authority.certificate)
      #expect(trusting.text?.contains("TLSv1.3") == true)
      let distrusting = await outcome(of: request, through: url, caFile: certificates.otherAuthority.certificate)
      #expect(distrusting.error?.label == "tls")
      let heads = proxy.seen.requests
      #expect(heads.count == 2)
      #expect(heads.allSatisfy { $0.hasPrefix("CONNECT localhost:\(server.port) HTTP/1.1\r\n") })
      #expect(heads.allSatisfy { $0.contains("Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n") })
      #expect(!heads.contains { $0.contains("X-Mine") })
    }
  }

  @Test func `a proxy that refuses, or isn't there, is told without its password`() async throws {
    let refusing = Script { visit in
      visit.readRequest()
      visit.answer("no", status: "407 Proxy Authentication Required")
    }
    let nobody = try Sockets.freePort()
    try await serving(refusing) { proxy, _ in
      var errors: [TransportError] = []
      for address in ["127.0.0.1:\(proxy.port)", "127.0.0.1:\(nobody)", "hidden-name.invalid:1"] {
        let request = HTTPRequest("GET", "https://service.invalid/")
        let url = "http://hidden-user:hidden-word@\(address)"
        errors.append(try #require(await outcome(of: request, through: url).error))
      }
      #expect(
        errors == [
          .proxyRefused(status: 407), .couldNotConnect(host: "the proxy"), .couldNotConnect(host: "the proxy"),
        ])
      #expect(!errors.contains { "\($0)".contains("hidden") })
    }
  }

  @Test func `a proxy that can't be read is an error without its text`() async throws {
    for url in ["http://hidden-user:hidden-word@", "hidden://hidden", "http://[hidden"] {
      let error = await outcome(of: HTTPRequest("GET", "http://service.invalid/"), through: url).error
      #expect(error != nil, "\(url)")
      #expect(!"\(String(describing: error))".contains("hidden"))
    }
  }
}

extension Script {
  /// A proxy that connects to whatever port of this machine it is asked for.
  static let tunnel = Script { visit in
    guard let head = visit.readRequest(), let target = head.split(separator: " ").dropFirst().first,
      let port = target.split(separator: ":").last.flatMap({ UInt16($0) }), let server = Sockets.connect(port)
    else { return }
    defer { close(server) }
    visit.send("HTTP/1.1 200 Connection established\r\n\r\n")
    relay(visit.connection, server)
  }
}

/// Copies both ways until one side ends.
private func relay(_ one: Int32, _ other: Int32) {
  var ends = [one, other].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  var bytes = [UInt8](repeating: 0, count: 16_384)
  while poll(&ends, 2, -1) > 0 {
    for (index, target) in [(0, other), (1, one)] where ends[index].revents != 0 {
      let count = recv(ends[index].fd, &bytes, bytes.count, 0)
      guard count > 0, send(target, bytes, count, Int32(MSG_NOSIGNAL)) == count else { return }
    }
  }
}
