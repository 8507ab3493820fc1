internal import JSONSource
internal import Secrets

/// An Apprise API server, which knows a hundred services more.
struct Apprise: Destination {
  static let type = "apprise"
  static let says = "An Apprise API server, which passes messages on to a hundred other services."

  var url = ReferenceText.nowhere
  var tag: String?

  init() {}

  static let fields: [Field<Apprise>] = [
    Field(
      "url", .url(as: .chatURL), to: \.url, isRequired: true, example: #""https://apprise.example.com/notify/team""#,
      "The address of a configuration: `…/notify/KEY`."),
    Field("tag", .filled, to: \.tag, example: #""oncall""#, "Only the services of the configuration with this tag."),
  ]

  var address: (field: String, url: ReferenceText)? { ("url", url) }

  func check(_ object: ObjectReader, _ context: FieldContext) {
    guard let node = object["url"], let text = context.revealed(url) else { return }
    if !text.contains("/notify") {
      context.diagnostics.error(
        at: node.range, "\(object.pathOf("url")) is no address at which Apprise takes messages",
        hint: "it ends with /notify/KEY")
    }
  }

  static let markup = Markup.markdown
  static let limits: BodyLimits? = BodyLimits([
    .text("body", 30_000, .bytes, .markdown, isRequired: true), .text("title", 250, .codePoints),
  ])
  static let shape: BodyShape? = BodyShape(
    anyOf: ["body"], refusal: "payload lacks minimum requirements",
    known: ["body", "title", "type", "format", "tag", "urls", "attach"], lists: [:])

  private static let standard = StandardMessages(markup) { message in
    .object([
      ("title", .text(message.title)), ("body", .text(message.text(.markdown))), ("type", .text(message.mood.apprise)),
      ("format", .text("markdown")),
    ])
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }
  static func message(_ text: TextTemplate) -> BodyTemplate? {
    .message("body", text, with: [("format", #""markdown""#)])
  }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let url = try secrets.text(url, as: .chatURL)
    let members = tag.map { [(name: "tag", json: [UInt8].json($0))] } ?? []
    return { .http(OutgoingRequest(url, body: ($0.body ?? $0.event).adding(members))) }
  }

  func identity(_ secrets: SecretSource) -> [String] { [url.identity(secrets, as: .chatURL), tag ?? ""] }

  /// 204: the configuration is empty. 424: one of its services said no, and the others have the message already
  /// (caronc/apprise-api, README): sending it again would tell those twice.
  static let answers = AnswerTable(
    [
      .init(statuses: [204...204], meaning: .final(.clientError), note: ": there is no configuration under this key"),
      .init(statuses: [424...424], meaning: .final(.clientError), note: ": a service of the configuration said no"),
      .init(statuses: [200...299], body: .page, meaning: .repeated(.badAnswer), note: " with a page"),
    ], otherwise: .webhook, named: "webhook", says: ["error"])
}

extension StandardMessage.Mood {
  fileprivate var apprise: String {
    switch self {
    case .good: "success"
    case .bad: "failure"
    case .warning: "warning"
    case .neutral: "info"
    }
  }
}
