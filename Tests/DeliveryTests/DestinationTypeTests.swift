import JSONSource
import Rules
import Testing
import Transport

@testable import Delivery

@Suite struct DestinationTypeTests {
  private static let kinds = DestinationSettings.Kind.allCases

  private func outcome(_ kind: DestinationSettings.Kind, _ status: Int, retryAfter: Duration? = nil) -> Outcome {
    kind.type.outcome(of: HTTPResponse(status: status), retryAfter: retryAfter)
  }

  @Test(arguments: kinds) func `every 2xx is a yes`(kind: DestinationSettings.Kind) {
    for status in [200, 201, 202, 204, 299] { #expect(outcome(kind, status) == .delivered) }
  }

  @Test(arguments: kinds) func `what may pass is repeated, and Retry-After obeyed`(kind: DestinationSettings.Kind) {
    #expect(outcome(kind, 429, retryAfter: .seconds(9)) == .retry(.rateLimited, after: .seconds(9)))
    #expect(outcome(kind, 503, retryAfter: .seconds(9)) == .retry(.serverError, after: .seconds(9)))
    for status in [408, 425, 500, 502, 504, 599] {
      guard case .retry = outcome(kind, status) else {
        Issue.record("\(status) is not repeated")
        continue
      }
    }
  }

  @Test(arguments: kinds) func `every other answer is final`(kind: DestinationSettings.Kind) {
    for status in [100, 301, 302, 307, 400, 401, 403, 404, 409, 410, 413, 422] {
      guard case .rejected = outcome(kind, status) else {
        Issue.record("\(status) is not final")
        continue
      }
    }
    #expect(outcome(kind, 410) == .rejected(.gone))
  }

  @Test func `Slack says never again in its own words, and a webhook by 410 alone`() {
    func outcome(_ kind: DestinationSettings.Kind, _ status: Int, _ body: String) -> Outcome {
      kind.type.outcome(of: HTTPResponse(status: status, body: Array(body.utf8)), retryAfter: nil)
    }
    for (status, body) in [
      (404, "no_service"), (404, ""), (410, "channel_is_archived"), (403, "invalid_token\n"), (400, "invalid_token"),
    ] {
      #expect(outcome(.slack, status, body) == .rejected(.gone), "\(status) \(body)")
    }
    #expect(outcome(.slack, 403, "action_prohibited") == .rejected(.unauthorized))
    #expect(outcome(.slack, 400, "invalid_payload") == .rejected(.clientError))
    #expect(outcome(.slack, 200, "no_service") == .delivered)
    for status in [400, 403, 404] { #expect(outcome(.webhook, status, "no_service") != .rejected(.gone)) }
  }

  @Test func `a chat text that is too long is cut, and never inside an escaped character`() throws {
    let longest = SlackDestination.longestText
    for shift in 0..<6 {
      let text = String(repeating: "a", count: longest - 5 + shift) + String(repeating: "&amp;", count: 100)
      let body = JSONWriter.object {
        $0.member("text", text)
        $0.member("icon", "x")
      }
      let root = try JSONDocument(parsing: SlackDestination.withinLimits(body)).root
      let cut = try #require(root["text"]?.string)
      #expect(cut.count <= longest + 2)
      #expect(cut.replacing("&amp;", with: "").contains("&") == false)
      #expect(root["icon"]?.string == "x")
    }
  }
}
