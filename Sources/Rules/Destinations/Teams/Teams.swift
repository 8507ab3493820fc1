internal import Secrets

/// A Teams channel through a Workflows webhook: an Adaptive Card.
struct Teams: Destination {
  static let type = "teams"
  static let says = "A Microsoft Teams channel, through the webhook of a Workflow."

  var url = ReferenceText.nowhere

  init() {}

  static let fields: [Field<Teams>] = [
    Field(
      "url", .url(as: .chatURL), to: \.url, isRequired: true, example: #""${env:TEAMS_WORKFLOW_URL}""#,
      "The address that the Workflow shows, with its signature.")
  ]

  var address: (field: String, url: ReferenceText)? { ("url", url) }

  static let hosts = ["logic.azure.com", "api.powerplatform.com", "api.powerautomate.com", "flow.microsoft.com"]

  static let markup = Markup.markdown

  /// A card of 24,453 bytes has failed inside the flow, after its 202 (MicrosoftDocs/msteams-docs#11274).
  static let limits: BodyLimits? = BodyLimits([
    BodyLimit("attachments", .sum(max: 16_000)), BodyLimit("attachments", .list(max: 10, rest: nil)),
    .text("attachments[].content.body[].text", 12_000, .bytes, .markdown),
    BodyLimit("attachments[].content.body", .list(max: 60, rest: #"{"type":"TextBlock","text":"%"}"#)),
    .text("attachments[].content.body[].facts[].title", 200, .bytes, .markdown),
    .text("attachments[].content.body[].facts[].value", 2_000, .bytes, .markdown),
    .text("attachments[].content.actions[].title", 100, .bytes, .markdown),
  ])

  /// Without an attachment the flow fails after the answer, where nobody hears of it.
  static let shape: BodyShape? = BodyShape(
    anyOf: ["attachments"], refusal: "the flow fails after its 202", known: ["type", "attachments", "summary"],
    lists: [:])

  /// Four a second (learn.microsoft.com, "Rate limiting for connectors").
  static let usualRate: RateLimit? = RateLimit(count: 4, per: .seconds(1))

  private static let standard = StandardMessages(markup) { message in
    var body: [BodyPiece] = [
      block(
        message.title, [("weight", .text("Bolder")), ("size", .text("Medium")), ("color", .text(message.mood.teams))]),
      .unlessEmpty(message.details(.teams), block(message.details(.teams), [])),
    ]
    var actions: [BodyPiece] = []
    if message.isOfRun {
      let facts = message.facts.map { fact in
        BodyPiece.when(fact.path, .object([("title", .text(fact.name)), ("value", .text(fact.value))]))
      }
      body.append(.object([("type", .text("FactSet")), ("facts", .list(facts))]))
      actions.append(
        .object([("type", .text("Action.OpenUrl")), ("title", .text("Open in Vi")), ("url", .text("{{&runUrl}}"))]))
    }
    return card(body, actions)
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }

  static func message(_ text: TextTemplate) -> BodyTemplate? {
    card([.object([("type", .text("TextBlock")), ("wrap", .bool(true)), ("text", .template(text))])], [])
      .template(markup, scope: .own)
  }

  private static func block(_ text: String, _ style: [(String, BodyPiece)]) -> BodyPiece {
    .object([("type", .text("TextBlock")), ("wrap", .bool(true)), ("text", .text(text))] + style)
  }

  private static func card(_ body: [BodyPiece], _ actions: [BodyPiece]) -> BodyPiece {
    .object([
      ("type", .text("message")),
      (
        "attachments",
        .list([
          .object([
            ("contentType", .text("application/vnd.microsoft.card.adaptive")),
            (
              "content",
              .object([
                ("$schema", .text("http://adaptivecards.io/schemas/adaptive-card.json")),
                ("type", .text("AdaptiveCard")), ("version", .text("1.4")),
                ("msteams", .object([("width", .text("full"))])), ("body", .list(body)), ("actions", .list(actions)),
              ])
            ),
          ])
        ])
      ),
    ])
  }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let url = try secrets.text(url, as: .chatURL)
    return { .http(OutgoingRequest(url, body: $0.body ?? $0.event)) }
  }

  func identity(_ secrets: SecretSource) -> [String] { [url.identity(secrets, as: .chatURL)] }

  /// A 2xx says that the flow was started, and no more. The connectors of Office 365, which some still have, answered 200
  /// with the refusal in the body (learn.microsoft.com, "Rate limiting for connectors").
  static let answers = AnswerTable(
    [
      .init(statuses: [200...299], body: .phrase(["http error 429"]), meaning: .repeatedLater(.rateLimited)),
      .init(statuses: [200...299], body: .phrase(["webhook message delivery failed"]), meaning: .repeated(.badAnswer)),
      .init(
        statuses: [400...499], body: .phrase(["WorkflowNotFound", "WorkflowTriggerIsNotEnabled"]), meaning: .stops),
    ], otherwise: .webhook, named: "webhook", says: ["error.message"])
}

extension StandardMessage.Mood {
  /// Colours by name, so that they suit the light and the dark theme.
  fileprivate var teams: String {
    switch self {
    case .good: "Good"
    case .bad: "Attention"
    case .warning: "Warning"
    case .neutral: "Default"
    }
  }
}

extension Notation {
  /// Adaptive Cards know a part of Markdown, and no code: lines stay apart by an empty line.
  static let teams = Notation(bold: { "**\($0)**" }, link: { "[\($0)]({{&runUrl}})" }, code: { $0 })
}
