import HTTPServing
import Testing

@testable import StatusPort

/// Who may have what.
@Suite struct GateTests {
  private let bearer = ["authorization": "Bearer \(PortKit.token)"]
  /// `any:0123456789abcdef`
  private let basic = ["authorization": "Basic YW55OjAxMjM0NTY3ODlhYmNkZWY="]

  @Test func `on this machine everybody may read, and acting needs the token`() async throws {
    try await PortKit.with { kit in
      #expect(await kit.get("/metrics").status == 200)
      #expect(await kit.get("/-/reload", method: "POST").status == 401)
      #expect(await kit.get("/-/reload", ["authorization": "Bearer 0123456789abcdeX"], method: "POST").status == 401)
      #expect(await kit.post("/-/reload").status == 200)
      #expect(await kit.post("/-/reload", basic).status == 200)
    }
  }

  @Test func `without a token nobody may act`() async throws {
    try await PortKit.with(token: nil) { kit in
      let refusal = await kit.post("/-/reload")
      #expect(refusal.status == 403)
      #expect(refusal.text.contains("--token-file"))
    }
  }

  @Test func `from elsewhere the token is needed for everything but whether it lives`() async throws {
    try await PortKit.with(host: "0.0.0.0") { kit in
      let refusal = await kit.get("/metrics")
      #expect(refusal.status == 401)
      #expect(refusal.header("WWW-Authenticate")?.hasPrefix("Basic ") == true)
      #expect(await kit.get("/metrics", bearer).status == 200)
      #expect(await kit.get("/metrics", basic).status == 200)
      #expect(await kit.get("/nothing").status == 401)
      #expect(await kit.get("/-/healthy").status == 200)
      kit.watcher.change { $0.failure = "the API says SECRET" }
      let ready = await kit.get("/-/ready?format=json")
      #expect(ready.status == 503)
      #expect(ready.text == #"{"ready":false,"reasons":[]}"#)
      #expect(await kit.get("/-/ready?format=json", bearer).text.contains("SECRET"))
    }
  }

  @Test(arguments: [
    ("localhost", 200), ("LOCALHOST:9469", 200), ("127.0.0.1", 200), ("127.1.2.3:1", 200), ("[::1]:9469", 200),
    ("evil.example", 421), ("127.0.0.1.evil.example:9469", 421), ("10.0.0.1", 421), ("localhost.evil.example", 421),
    ("", 400),
  ])
  func `a name that may be somebody else's is not answered`(host: String, status: Int) async throws {
    try await PortKit.with { kit in
      #expect(await kit.get("/metrics", ["host": host]).status == status)
      // Who has the token isn't a stranger's page.
      if status == 421 { #expect(await kit.get("/metrics", bearer.merging(["host": host]) { $1 }).status == 200) }
    }
  }

  @Test(arguments: [
    (["sec-fetch-site": "cross-site"], 403), (["sec-fetch-site": "same-site"], 403),
    (["sec-fetch-site": "same-origin"], 200), (["origin": "http://127.0.0.1:9469"], 200),
    (["origin": "https://127.0.0.1:9469"], 200), (["origin": "http://evil.example"], 403),
    (["origin": "http://127.0.0.1:1"], 403), (["origin": "null"], 403),
  ])
  func `another site's page may not act, whatever it brings`(headers: [String: String], status: Int) async throws {
    try await PortKit.with { kit in
      #expect(await kit.post("/-/reload", headers).status == status)
    }
  }

  @Test func `nothing is done by asking for it`() async throws {
    try await PortKit.with { kit in
      let refusal = await kit.get("/-/reload", bearer)
      #expect(refusal.status == 405)
      #expect(refusal.header("Allow") == "POST")
      #expect(await kit.get("/nothing").status == 404)
    }
  }

  @Test func `every answer says what a browser may do with it`() async throws {
    try await PortKit.with { kit in
      for path in ["/metrics", "/nothing", "/-/healthy"] {
        let response = await kit.get(path)
        let policy = try #require(response.header("Content-Security-Policy"))
        #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe"))
        #expect(response.header("X-Frame-Options") == "DENY")
        #expect(response.header("X-Content-Type-Options") == "nosniff")
      }
    }
  }

  @Test(arguments: ["short", "with a space in it", "", "ümlaut-ümlaut-ümlaut"])
  func `a token that can be guessed or can't be sent is refused`(text: String) {
    #expect(throws: AccessToken.Unfit.self) { try AccessToken(text) }
  }
}
