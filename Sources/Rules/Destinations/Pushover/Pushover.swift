internal import JSONSource
internal import Secrets

/// A person or group of Pushover.
struct Pushover: Destination {
  static let type = "pushover"
  static let says = "A person or group of Pushover: a push message to phones."

  var token = ReferenceText.nowhere
  var user = ReferenceText.nowhere
  var endpoint: ReferenceText?

  init() {}

  static let fields: [Field<Pushover>] = [
    Field(
      "token", .secret, to: \.token, isRequired: true, example: #""${env:PUSHOVER_TOKEN}""#, "The application's token."),
    Field(
      "user", .secret, to: \.user, isRequired: true, example: #""${env:PUSHOVER_USER}""#, "Key of the user or group."),
    Field(
      "endpoint", .url(as: .endpoint), to: \.endpoint, default: #""https://api.pushover.net""#,
      example: #""https://pushover.example.com""#, "Another server, for a proxy."),
  ]

  var address: (field: String, url: ReferenceText)? { endpoint.map { ("endpoint", $0) } }
  static let hosts = ["api.pushover.net"]

  func check(_ object: ObjectReader, _ context: FieldContext) {
    for (field, value) in [("token", token), ("user", user)] {
      guard let node = object[field], let text = context.revealed(value) else { continue }
      if text.utf8.count != 30 || !text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) {
        context.diagnostics.error(
          at: node.range, "\(object.pathOf(field)) is no key of Pushover", hint: "keys have 30 letters and digits")
      }
    }
  }

  /// Plain text: with `html` every `&` of a stack trace would count five characters of 1,024.
  static let markup = Markup.words
  /// pushover.net/api, "Limitations".
  static let limits: BodyLimits? = BodyLimits([
    .text("message", 1_024, .codePoints, isRequired: true), .text("title", 250, .codePoints),
    .text("url", 512, .codePoints), .text("url_title", 100, .codePoints),
  ])
  static let shape: BodyShape? = BodyShape(
    anyOf: ["message"], refusal: "message cannot be blank",
    known: [
      "message", "title", "url", "url_title", "priority", "retry", "expire", "sound", "device", "html", "monospace",
      "timestamp", "ttl", "tags", "callback",
    ], lists: [:])

  private static let standard = StandardMessages(markup) { message in
    var members: [(String, BodyPiece)] = [
      ("title", .text(message.title)), ("message", .text(message.push)),
      ("priority", .number(message.mood == .bad ? 1 : 0)),
    ]
    if message.isOfRun { members += [("url", .text("{{&runUrl}}")), ("url_title", .text("Open in Vi"))] }
    return .object(members)
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }
  static func message(_ text: TextTemplate) -> BodyTemplate? { .message("message", text) }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let endpoint = try endpoint.map { try secrets.text($0, as: .endpoint) } ?? "https://api.pushover.net"
    let members = [
      (name: "token", json: [UInt8].json(try secrets.text(token, as: .credential))),
      (name: "user", json: [UInt8].json(try secrets.text(user, as: .credential))),
    ]
    return {
      .http(OutgoingRequest(endpoint.withPath("/1/messages.json"), body: ($0.body ?? $0.event).adding(members)))
    }
  }

  func identity(_ secrets: SecretSource) -> [String] {
    [token.identity(secrets, as: .credential), user.identity(secrets, as: .credential)]
  }

  static let answers = AnswerTable(
    [
      .init(statuses: [200...299], body: .members([("status", "1")]), meaning: .delivered),
      .init(statuses: [200...299], body: .broken, meaning: .delivered),
      .init(
        statuses: [400...499],
        body: .phrase(["application token is invalid", "user identifier is not a valid", "user key is invalid"]),
        meaning: .stops),
      .init(statuses: [200...299], meaning: .repeated(.badAnswer)),
    ], otherwise: .webhook, named: "webhook", says: ["errors.0"])
  static let answerPatience: Duration? = nil
}
