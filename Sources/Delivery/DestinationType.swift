internal import JSONSource
internal import Rules
internal import Storage

/// What is particular to a type of destination: the request it takes, and its way of saying yes and no.
protocol DestinationType: Sendable {
  /// Content type and body of a delivery.
  func message(_ content: DeliveryContent, event: [UInt8]) -> (contentType: String, body: [UInt8])

  /// What its answers mean.
  var answers: AnswerTable { get }

  /// How long the body of an answer is waited for once its head is there; nil: as long as the attempt may take, for types that
  /// say yes or no in it.
  var answerPatience: Duration? { get }
}

extension DestinationType {
  /// The status decides, and reading on is a courtesy to whoever looks at the attempt later.
  var answerPatience: Duration? { .seconds(2) }
}

extension DestinationSettings.Kind {
  var type: any DestinationType {
    switch self {
    case .webhook: WebhookDestination()
    case .slack: SlackDestination()
    }
  }
}

/// Standard Webhooks and CloudEvents.
struct WebhookDestination: DestinationType {
  func message(_ content: DeliveryContent, event: [UInt8]) -> (contentType: String, body: [UInt8]) {
    guard case .body(let body) = content else {
      return ("application/cloudevents+json; charset=UTF-8", event)
    }
    return ("application/json", body)
  }

  var answers: AnswerTable { .webhook }
}

/// An incoming webhook of Slack: it takes `{"text": …}` or blocks.
struct SlackDestination: DestinationType {
  /// Slack cuts a longer text itself, at 40,000 characters; ours ends with a mark that it was cut.
  static let longestText = 39_000

  func message(_ content: DeliveryContent, event: [UInt8]) -> (contentType: String, body: [UInt8]) {
    guard case .body(let body) = content else { return ("application/json", event) }
    return ("application/json", Self.withinLimits(body))
  }

  var answers: AnswerTable { .slack }

  /// Slack's yes is a word.
  var answerPatience: Duration? { nil }

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
