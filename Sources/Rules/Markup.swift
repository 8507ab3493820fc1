internal import Mustache
internal import Runs

/// The notation of a destination's texts. What a run says is escaped for it, so that it stays plain text there.
enum Markup: Sendable {
  case plain
  /// `&`, `<` and `>` are Slack's control characters (api.slack.com, "Formatting text for app surfaces").
  case slack

  /// People read it, and not a program: what could do harm to their eyes is taken out of what a run says.
  var isForPeople: Bool {
    switch self {
    case .plain: false
    case .slack: true
    }
  }

  /// swift-mustache finds an escaping by a registered name, which a template asks for in its first tag.
  var pragma: String {
    switch self {
    case .plain: "{{% CONTENT_TYPE:TEXT}}"
    case .slack: Self.registeredSlack
    }
  }

  private static let registeredSlack: String = {
    MustacheContentTypes.register(SlackText(), named: "SLACK")
    return "{{% CONTENT_TYPE:SLACK}}"
  }()

  private struct SlackText: MustacheContentType {
    /// Byte by byte: with an accent or a variation selector behind it `<` is another character, and still Slack's.
    func escapeText(_ text: String) -> String {
      var bytes: [UInt8] = []
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "&"): bytes += "&amp;".utf8
        case UInt8(ascii: "<"): bytes += "&lt;".utf8
        case UInt8(ascii: ">"): bytes += "&gt;".utf8
        default: bytes.append(byte)
        }
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}

extension DestinationSettings.Kind {
  var markup: Markup {
    switch self {
    case .webhook: .plain
    case .slack: .slack
    }
  }

  /// What is sent on each trigger when an action has neither `text` nor `body`; nil: the event itself.
  var defaultMessages: [Trigger: BodyTemplate]? {
    switch self {
    case .webhook: nil
    case .slack: Self.slackMessages
    }
  }

  private static let slackMessages = Dictionary(
    uniqueKeysWithValues: Trigger.allCases.compactMap { trigger in
      slackMessage(trigger).map { (trigger, BodyTemplate.message($0)) }
    })

  private static func slackMessage(_ trigger: Trigger) -> TextTemplate? {
    switch trigger {
    case .phase(let phase): slackMessage(phase)
    case .disappeared:
      try? TextTemplate(
        """
        *{{#flow}}{{flow}}{{/flow}}{{^flow}}A run{{/flow}}* was deleted while it was {{previousPhase}}: {{runId}}
        """, markup: .slack)
    case .sourceUnreachable:
      try? TextTemplate(
        "*Runs can't be watched* since {{time(startedAt)}}: {{truncate1000(message)}}", markup: .slack)
    case .sourceRecovered:
      try? TextTemplate("*Runs are watched again*, after {{durationText}}", markup: .slack)
    case .destinationStopped:
      try? TextTemplate(
        "*Nothing is sent to {{destination}} for now*: {{truncate1000(message)}}", markup: .slack)
    }
  }

  /// What a digest says when its action has neither `text` nor `body`; nil: the events themselves.
  var defaultDigest: BodyTemplate? {
    switch self {
    case .webhook: nil
    case .slack: Self.slackDigest
    }
  }

  private static let slackDigest: BodyTemplate? = {
    let text = try? TextTemplate(
      """
      *{{count}} events*
      {{#events}}
      • *{{#flow}}{{flow}}{{/flow}}{{^flow}}{{runId}}{{/flow}}* {{phase}}{{#durationText}} after {{durationText}}{{/durationText}}\
      {{#message}}: {{truncate200(message)}}{{/message}}
      {{/events}}
      {{#more}}
      … and {{more}} more
      {{/more}}
      """, markup: .slack, scope: .digest(by: []))
    return text.map { BodyTemplate.message($0) }
  }()

  /// What, how long, why, link.
  private static func slackMessage(_ phase: Phase) -> TextTemplate? {
    let lasted = phase.isTerminal ? "{{#durationText}} after {{durationText}}{{/durationText}}" : ""
    return try? TextTemplate(
      """
      *{{#flow}}{{flow}}{{/flow}}{{^flow}}A run{{/flow}}* \(phase.verb)\(lasted)\
      {{#message}}: {{truncate1000(message)}}{{/message}}{{#reason}} ({{truncate200(reason)}}){{/reason}}
      <https://vi.datature.com/org/{{organization}}|{{runId}}>
      """, markup: .slack)
  }
}

extension Phase {
  /// What a run in this phase has done: "the run …".
  fileprivate var verb: String {
    switch self {
    case .pending: "is waiting to start"
    case .running: "is running"
    case .succeeded: "succeeded"
    case .failed: "failed"
    case .error: "ended with an error"
    case .cancelled: "was cancelled"
    }
  }
}
