internal import Secrets

/// An incoming webhook of Mattermost: Markdown, and attachments as Slack has them.
struct Mattermost: Destination {
  static let type = "mattermost"
  static let says = "An incoming webhook of a Mattermost server."

  var url = ReferenceText.nowhere
  var channel: String?

  init() {}

  static let fields: [Field<Mattermost>] = [
    Field(
      "url", .url(as: .chatURL), to: \.url, isRequired: true, example: #""${env:MATTERMOST_WEBHOOK_URL}""#,
      "The webhook's URL, as Mattermost shows it."),
    Field(
      "channel", .filled, to: \.channel, example: #""training""#,
      "Another channel than the webhook's, where the webhook may choose."),
  ]

  var address: (field: String, url: ReferenceText)? { ("url", url) }

  static let markup = Markup.markdown
  /// developers.mattermost.com, "Incoming webhooks": a longer post is split, and its Markdown torn.
  static let limits: BodyLimits? = BodyLimits([
    .text("text", 16_383, .codePoints, .markdown), .text("attachments[].text", 8_000, .codePoints, .markdown),
    .text("attachments[].title", 500, .codePoints),
    .text("attachments[].fields[].value", 2_000, .codePoints, .markdown),
    BodyLimit("attachments", .list(max: 20, rest: #"{"text":"%"}"#)),
  ])
  static let shape: BodyShape? = BodyShape(
    anyOf: ["text", "attachments"], refusal: "no text specified",
    known: ["text", "attachments", "channel", "username", "icon_url", "icon_emoji", "type", "props", "priority"],
    lists: [:])

  private static let standard = StandardMessages(markup) { message in
    var attachment: [(String, BodyPiece)] = [
      ("fallback", .words(message.title)), ("color", .text(message.mood.color)), ("title", .text(message.title)),
      ("text", .filled(message.details(.markdown))),
    ]
    if message.isOfRun {
      attachment.append(("title_link", .text("{{&runUrl}}")))
      let fields = message.facts.map { fact in
        BodyPiece.when(
          fact.path, .object([("title", .text(fact.name)), ("value", .text(fact.value)), ("short", .bool(true))]))
      }
      attachment.append(("fields", .list(fields)))
    }
    return .object([("attachments", .list([.object(attachment)]))])
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }
  static func message(_ text: TextTemplate) -> BodyTemplate? { .message("text", text) }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let url = try secrets.text(url, as: .chatURL)
    let members = channel.map { [(name: "channel", json: [UInt8].json($0))] } ?? []
    return { .http(OutgoingRequest(url, body: ($0.body ?? $0.event).adding(members))) }
  }

  func identity(_ secrets: SecretSource) -> [String] { [url.identity(secrets, as: .chatURL)] }

  static let answers = AnswerTable(
    [
      .init(statuses: [200...299], body: .page, meaning: .repeated(.badAnswer), note: " with a page"),
      .init(statuses: [400...499], body: .phrase(["Invalid webhook"]), meaning: .stops),
    ], otherwise: .webhook, named: "webhook", says: ["message"])
}
