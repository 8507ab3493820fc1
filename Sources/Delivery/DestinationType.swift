internal import JSONSource
internal import Rules
internal import Storage
internal import Transport

/// What is particular to a type of destination: the request it takes, and its way of saying yes and no.
protocol DestinationType: Sendable {
  /// Content type and body of a delivery.
  func message(_ content: DeliveryContent, event: [UInt8]) -> (contentType: String, body: [UInt8])

  /// What an answer means.
  ///
  /// - Parameter retryAfter: how long the answer asks us to wait.
  func outcome(of response: HTTPResponse, retryAfter: Duration?) -> Outcome
}

extension DestinationSettings.Kind {
  var type: any DestinationType {
    switch self {
    case .webhook: WebhookDestination()
    case .slack: SlackDestination()
    }
  }
}

/// Standard Webhooks and CloudEvents: a 2xx is a yes, and 410 asks to be left alone.
struct WebhookDestination: DestinationType {
  func message(_ content: DeliveryContent, event: [UInt8]) -> (contentType: String, body: [UInt8]) {
    guard case .body(let body) = content else {
      return ("application/cloudevents+json; charset=UTF-8", event)
    }
    return ("application/json", body)
  }

  func outcome(of response: HTTPResponse, retryAfter: Duration?) -> Outcome {
    switch response.status {
    case 200..<300: .delivered
    case 429: .retry(.rateLimited, after: retryAfter)
    case 503: .retry(.serverError, after: retryAfter)
    case 408, 425: .retry(.timedOut, after: nil)
    case 500...: .retry(.serverError, after: nil)
    case 300..<400: .rejected(.redirected)
    case 401, 403: .rejected(.unauthorized)
    case 410: .rejected(.gone)
    default: .rejected(.clientError)
    }
  }
}

/// An incoming webhook of Slack: it takes `{"text": …}` or blocks, and answers 200 `ok`.
struct SlackDestination: DestinationType {
  /// Slack cuts a longer text itself, at 40,000 characters; ours ends with a mark that it was cut.
  static let longestText = 39_000

  func message(_ content: DeliveryContent, event: [UInt8]) -> (contentType: String, body: [UInt8]) {
    guard case .body(let body) = content else { return ("application/json", event) }
    return ("application/json", Self.withinLimits(body))
  }

  /// Slack's words for a URL that will never work again; the status beside them differs (docs.slack.dev, "Sending
  /// messages using incoming webhooks", and what services that send there have met).
  private static let neverAgain: Set<String> = [
    "channel_is_archived", "channel_not_found", "invalid_token", "no_service", "no_team", "team_disabled",
  ]

  func outcome(of response: HTTPResponse, retryAfter: Duration?) -> Outcome {
    let outcome = WebhookDestination().outcome(of: response, retryAfter: retryAfter)
    guard case .rejected = outcome, response.status == 404 || response.body.count < 100 else { return outcome }
    let word = String(decoding: response.body.filter { $0 > 0x20 }, as: UTF8.self)
    return response.status == 404 || Self.neverAgain.contains(word) ? .rejected(.gone) : outcome
  }

  /// A text that is too long is cut, and never inside an escaped character.
  static func withinLimits(_ body: [UInt8]) -> [UInt8] {
    guard body.count > longestText, let document = try? JSONDocument(parsing: body),
      let members = document.root.members,
      let text = document.root["text"]?.string, text.count > longestText
    else { return body }
    var cut = text.prefix(longestText)
    if let amp = cut.suffix(5).lastIndex(of: "&"), !cut[amp...].contains(";") { cut = cut[..<amp] }
    return JSONWriter.object { json in
      for member in members {
        if member.key == "text" {
          json.member("text", cut + " …")
        } else {
          json.member(member.key, raw: document.raw(member.value))
        }
      }
    }
  }
}
