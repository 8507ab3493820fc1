import FoundationEssentials
import JSONSource
import Rules
import Storage
import Testing
import Transport

@testable import Delivery

@Suite struct DestinationTypeTests {
  private static let kinds: [DestinationType] = [.webhook, .slack]

  private func outcome(
    _ kind: DestinationType, _ status: Int, _ body: String = "", retryAfter: Duration? = nil
  ) -> Outcome {
    let meaning = kind.answers.reading(of: ServiceAnswer(status: status, body: Array(body.utf8))).meaning
    return Outcome(meaning, retryAfter: retryAfter)
  }

  @Test(arguments: kinds) func `every 2xx with a yes is a yes, and a webhook's whatever it says`(
    kind: DestinationType
  ) {
    for status in [200, 201, 202, 204, 299] { #expect(outcome(kind, status, "ok\n") == .delivered) }
    for body in ["", "no_service", "{\"ok\":false}", "<html>"] { #expect(outcome(.webhook, 200, body) == .delivered) }
  }

  @Test(arguments: kinds) func `what may pass is repeated, and Retry-After obeyed`(kind: DestinationType) {
    #expect(outcome(kind, 429, retryAfter: .seconds(9)) == .retry(.rateLimited, after: .seconds(9)))
    #expect(outcome(kind, 503, retryAfter: .seconds(9)) == .retry(.serverError, after: .seconds(9)))
    for status in [408, 425, 500, 502, 504, 599] {
      guard case .retry = outcome(kind, status) else {
        Issue.record("\(status) is not repeated")
        continue
      }
    }
  }

  @Test(arguments: kinds) func `every other answer is final`(kind: DestinationType) {
    for status in [100, 301, 302, 307, 400, 401, 403, 405, 409, 410, 413, 422] {
      guard case .rejected = outcome(kind, status) else {
        Issue.record("\(status) is not final")
        continue
      }
    }
    #expect(outcome(kind, 410) == .rejected(.gone))
    #expect(outcome(.webhook, 404) == .rejected(.clientError))
  }

  @Test(arguments: [
    (404, "no_service"), (404, "channel_not_found"), (410, "channel_is_archived"), (403, "invalid_token\n"),
    (400, "invalid_token"), (200, "no_service"), (200, #"{"ok":false,"error":"channel_not_found"}"#), (403, "No_Team"),
  ])
  func `Slack stops by its own words, beside whatever status, and a webhook by 410 alone`(_ status: Int, _ body: String)
  {
    #expect(outcome(.slack, status, body) == .rejected(.gone))
    if status != 410 { #expect(outcome(.webhook, status, body) != .rejected(.gone)) }
  }

  @Test(arguments: [
    "404 default backend", "", "<html>no_service</html>", "the word no_service", "404 page not found\n",
  ])
  func `a 404 that Slack didn't write is repeated`(_ body: String) {
    #expect(outcome(.slack, 404, body) == .retry(.badAnswer, after: nil))
  }

  @Test(arguments: [
    "", "<!doctype html><title>Sign in</title>", #"{"ok":false}"#, #"{"ok":false,"error":"ratelimited"}"#, "okay",
    #"{"ok":"true"}"#, "true", "null",
  ])
  func `a 200 that doesn't say ok is no yes of Slack's`(_ body: String) {
    #expect(outcome(.slack, 200, body) == .retry(.badAnswer, after: nil))
  }

  @Test(arguments: ["invalid_payload", "no_text\n", #"{"ok":false,"error":"invalid_blocks"}"#])
  func `a 200 with a refusal of this message is final`(_ body: String) {
    #expect(outcome(.slack, 200, body) == .rejected(.clientError))
  }

  @Test(arguments: [#"{"ok":true}"#, #"{"success":true}"#, #"{ "result" : "success", "msg": "" }"#, "OK"])
  func `servers that take Slack's messages say yes in their own way`(_ body: String) {
    #expect(outcome(.slack, 200, body) == .delivered)
  }

  @Test func `other refusals of Slack's are final, and stop nothing`() {
    #expect(outcome(.slack, 403, "action_prohibited") == .rejected(.unauthorized))
    #expect(outcome(.slack, 400, "invalid_payload") == .rejected(.clientError))
    #expect(outcome(.slack, 500, "rollup_error") == .retry(.serverError, after: nil))
  }

  @Test(
    arguments: [
      (.webhook, 200, "", .delivered), (.webhook, 410, "", .rejected(.gone)),
      (.webhook, 400, "{", .rejected(.clientError)),
      (.webhook, 429, "", .retry(.rateLimited, after: .seconds(9))), (.slack, 200, "", .delivered),
      (.slack, 200, "o", .delivered), (.slack, 200, "{\"ok\":", .delivered),
      (.slack, 200, "<html", .retry(.badAnswer, after: nil)),
      (.slack, 200, "no_service", .rejected(.gone)), (.slack, 200, "no_text", .rejected(.clientError)),
      (.slack, 410, "", .rejected(.gone)), (.slack, 404, "no_serv", .retry(.badAnswer, after: nil)),
      (.slack, 404, "no_service", .rejected(.gone)),
    ] as [(DestinationType, Int, String, Outcome)])
  func `the status decides where the body can't be read, unless what came of it is a known no`(
    _ kind: DestinationType, _ status: Int, _ body: String, _ expected: Outcome
  ) {
    for fault in [TransportError.badAnswer, .cutShort, .stalled] {
      let answer = ServiceAnswer(HTTPResponse(status: status, body: Array(body.utf8), bodyFault: fault))
      #expect(Outcome(kind.answers.reading(of: answer).meaning, retryAfter: .seconds(9)) == expected)
    }
  }

  @Test func `the reason says what the answer said instead`() {
    func note(_ status: Int, _ body: String) -> String? {
      DestinationType.slack.answers.reading(of: ServiceAnswer(status: status, body: Array(body.utf8))).note
    }
    #expect(note(404, " no_service ") == ": no_service")
    #expect(note(404, "404 default backend") == " without a word of Slack's")
    #expect(note(200, "<html>") == " with a page, where Slack says ok")
    #expect(note(400, "invalid_payload") == nil)
  }

  /// Whatever a receiver says, some row fits, and no status means another thing because of a long or strange body.
  @Test func `every status of every type means something`() {
    for kind in Self.kinds {
      for status in 0...999 {
        let plain = outcome(kind, status, "{")
        #expect(outcome(kind, status, String(repeating: "{", count: 200)) == plain, "\(kind) \(status)")
      }
    }
  }

  @Test func `README shows these tables`() throws {
    let path = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/README.md"
    let readme = try #require(FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) })
    let rows = readme.split(separator: "\n").filter { line in
      Self.kinds.contains { line.hasPrefix("| `\($0.rawValue)` | ") }
    }
    let expected = Self.kinds.flatMap { kind in
      kind.answers.markdown.map { "| `\(kind.rawValue)` | \($0) |" }
    }
    #expect(rows.map(String.init) == expected, "README should have:\n\(expected.joined(separator: "\n"))")
  }

  @Test func `a chat text that is too long is cut, and never inside an escaped character`() throws {
    let longest = 39_900
    for shift in 0..<6 {
      let text = String(repeating: "a", count: longest - 5 + shift) + String(repeating: "&amp;", count: 100)
      let body = JSONWriter.object {
        $0.member("text", text)
        $0.member("icon", "x")
      }
      let sent = try #require(DestinationType.slack.limits).fit(body)
      let root = try JSONDocument(parsing: sent).root
      let cut = try #require(root["text"]?.string)
      #expect(cut.utf16.count <= longest && cut.hasSuffix("…"))
      #expect(cut.replacing("&amp;", with: "").contains("&") == false)
      #expect(root["icon"]?.string == "x")
    }
  }
}
