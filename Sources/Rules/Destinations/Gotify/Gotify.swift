internal import Secrets

/// An application of a Gotify server.
struct Gotify: Destination {
  static let type = "gotify"
  static let says = "An application on a Gotify server: a push message to phones."

  var server = ReferenceText.nowhere
  var token = ReferenceText.nowhere

  init() {}

  static let fields: [Field<Gotify>] = [
    Field(
      "server", .url(as: .endpoint), to: \.server, isRequired: true, example: #""https://gotify.example.com""#,
      "The server's address."),
    Field(
      "token", .secret, to: \.token, isRequired: true, example: #""${env:GOTIFY_TOKEN}""#, "The application's token."),
  ]

  var address: (field: String, url: ReferenceText)? { ("server", server) }

  static let markup = Markup.markdown
  static let limits: BodyLimits? = BodyLimits([
    .text("message", 16_000, .bytes, .markdown, isRequired: true), .text("title", 300, .codePoints),
  ])
  static let shape: BodyShape? = BodyShape(
    anyOf: ["message"], refusal: "Field 'message' is required", known: ["message", "title", "priority", "extras"],
    lists: [:])

  private static let extras = #"{"client::display":{"contentType":"text/markdown"}}"#

  private static let standard = StandardMessages(markup) { message in
    var extras: [(String, BodyPiece)] = [
      ("client::display", .object([("contentType", .text("text/markdown"))]))
    ]
    if message.isOfRun {
      extras.append(("client::notification", .object([("click", .object([("url", .text("{{&runUrl}}"))]))])))
    }
    return .object([
      ("title", .words(message.title)), ("message", .text(message.text(.markdown))),
      ("priority", .number(message.mood == .bad ? 8 : 5)), ("extras", .object(extras)),
    ])
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }
  static func message(_ text: TextTemplate) -> BodyTemplate? { .message("message", text, with: [("extras", extras)]) }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let url = try secrets.text(server, as: .endpoint).withPath("/message")
    let token = try secrets.text(token, as: .credential)
    return { message in
      var request = OutgoingRequest(url, body: message.body ?? message.event)
      request.headers = [("X-Gotify-Key", token)]
      return .http(request)
    }
  }

  func identity(_ secrets: SecretSource) -> [String] {
    [server.identity(secrets, as: .endpoint), token.identity(secrets, as: .credential)]
  }

  static let answers = AnswerTable(
    [
      .init(statuses: [401...401, 403...403], meaning: .stops),
      .init(statuses: [200...299], body: .page, meaning: .repeated(.badAnswer), note: " with a page"),
    ], otherwise: .webhook, named: "webhook", says: ["errorDescription", "error"])
}
