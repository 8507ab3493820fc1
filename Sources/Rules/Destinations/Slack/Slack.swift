internal import Runs
internal import Secrets

/// An incoming webhook of Slack, or of a server that takes its messages: `{"text": …}` or blocks.
struct Slack: Destination {
  static let type = "slack"
  static let says = "An incoming webhook of Slack, or of a server that takes Slack's messages."

  var url = ReferenceText.nowhere

  init() {}

  static let fields: [Field<Slack>] = [
    Field(
      "url", .url(as: .chatURL), to: \.url, isRequired: true, example: #""${env:SLACK_WEBHOOK_URL}""#,
      "The webhook's URL, as Slack shows it.")
  ]

  var address: (field: String, url: ReferenceText)? { ("url", url) }

  static let hosts = ["slack.com", "slack-gov.com"]

  static let markup = Markup.slack
  static let limits: BodyLimits? = .slack
  static let shape: BodyShape? = .slack

  /// One message a second (api.slack.com/docs/rate-limits); its "short bursts" have no number, so none are counted on.
  static let usualRate: RateLimit? = RateLimit(count: 1, per: .seconds(1))

  static func message(_ text: TextTemplate) -> BodyTemplate? { .message("text", text) }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let url = try secrets.text(url, as: .chatURL)
    return { OutgoingRequest(url, body: $0.body ?? $0.event) }
  }

  func identity(_ secrets: SecretSource) -> [String] { [url.identity(secrets, as: .chatURL)] }

  static let answers = AnswerTable.slack
  /// Slack's yes is a word.
  static let answerPatience: Duration? = nil
}

extension Markup {
  /// `&`, `<` and `>` are Slack's control characters (api.slack.com, "Formatting text for app surfaces").
  static let slack = Markup("SLACK", wholes: [.codeFence, .entity, .angleLink]) { text in
    text.replacing([UInt8(ascii: "&"): "&amp;", UInt8(ascii: "<"): "&lt;", UInt8(ascii: ">"): "&gt;"])
  }
}
