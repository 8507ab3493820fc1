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
  func message(_ content: DeliveryContent, event: [UInt8]) -> (contentType: String, body: [UInt8]) {
    guard case .body(let body) = content else { return ("application/json", event) }
    return ("application/json", DestinationSettings.Kind.slack.limits?.fit(body) ?? body)
  }

  var answers: AnswerTable { .slack }

  /// Slack's yes is a word.
  var answerPatience: Duration? { nil }
}
