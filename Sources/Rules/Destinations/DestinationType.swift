/// A type of destination by its name.
package struct DestinationType: Sendable, RawRepresentable {
  /// Every type, in the order of the reference. This is where a type is registered.
  private static let registered: [any Destination.Type] = [
    Webhook.self,
    Slack.self,
    Discord.self,
    Teams.self,
    Mattermost.self,
    GoogleChat.self,
    Telegram.self,
    Matrix.self,
    Zulip.self,
    Email.self,
    Ntfy.self,
    Gotify.self,
    Pushover.self,
    PagerDuty.self,
    GitHub.self,
    SNS.self,
    SQS.self,
    EventBridge.self,
    EventGrid.self,
    MQTT.self,
    NATS.self,
    Apprise.self,
    File.self,
  ]

  package static let all = registered.map(DestinationType.init)
  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.rawValue, $0) })

  package static let webhook = DestinationType(Webhook.self)
  package static let slack = DestinationType(Slack.self)

  let implementation: any Destination.Type

  package var rawValue: String { implementation.type }

  init(_ implementation: any Destination.Type) {
    self.implementation = implementation
  }

  /// Nil for a word that names no type.
  package init?(rawValue: String) {
    guard let type = Self.byName[rawValue] else { return nil }
    self = type
  }
}

extension DestinationType: Hashable {
  package static func == (one: DestinationType, other: DestinationType) -> Bool { one.rawValue == other.rawValue }
  package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

extension DestinationType: CaseIterable {
  package static var allCases: [DestinationType] { all }
}

extension DestinationType: CustomStringConvertible {
  package var description: String { rawValue }
}

// What the type's own code says of it.
extension DestinationType {
  var markup: Markup { implementation.markup }
  var membersWithoutMarkup: [String] { implementation.membersWithoutMarkup }
  package var needsEvent: Bool { implementation.needsEvent }
  package var limits: BodyLimits? { implementation.limits }
  var shape: BodyShape? { implementation.shape }
  package var links: MessageLinks? { implementation.links }
  /// Only what a bot has written can be continued, not what came through a webhook.
  package var needsBot: Bool { links != nil && !implementation.init().hasLinks }
  package var answers: AnswerTable { implementation.answers }
  package var answerPatience: Duration? { implementation.answerPatience }
  var standardMessages: [Trigger: BodyTemplate]? { implementation.standardMessages }
  var standardDigest: BodyTemplate? { implementation.standardDigest }

  /// People read it: an action may have a `text`.
  var takesText: Bool { markup.isForPeople }

  func message(_ text: TextTemplate) -> BodyTemplate? { implementation.message(text) }
}
