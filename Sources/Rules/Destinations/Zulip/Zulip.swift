internal import FoundationEssentials
internal import Secrets

/// A channel of Zulip, through a bot.
struct Zulip: Destination {
  static let type = "zulip"
  static let says = "A channel on a Zulip server, through a bot."

  var server = ReferenceText.nowhere
  var email = ""
  var key = ReferenceText.nowhere
  var channel = ""
  var topic: String?

  init() {}

  static let fields: [Field<Zulip>] = [
    Field(
      "server", .url(as: .endpoint), to: \.server, isRequired: true, example: #""https://example.zulipchat.com""#,
      "The organization's address."),
    Field(
      "email", .filled, to: \.email, isRequired: true, example: #""vi-bot@example.zulipchat.com""#,
      "The bot's email address."),
    Field("key", .secret, to: \.key, isRequired: true, example: #""${env:ZULIP_KEY}""#, "The bot's API key."),
    Field("channel", .filled, to: \.channel, isRequired: true, example: #""training""#, "The channel's name."),
    Field(
      "topic", .filled, to: \.topic, example: #""runs""#,
      "The topic, at most 60 characters. Without it, the flow's name."),
  ]

  var address: (field: String, url: ReferenceText)? { ("server", server) }
  static let hosts = ["zulipchat.com"]

  static let markup = Markup.markdown
  /// zulip.com/api/send-message.
  static let limits: BodyLimits? = BodyLimits([
    .text("content", 10_000, .codePoints, .markdown, isRequired: true), .text("topic", 60, .codePoints),
  ])
  static let shape: BodyShape? = BodyShape(
    anyOf: ["content"], refusal: "Message must not be empty", known: ["content", "topic", "to", "type"], lists: [:])

  private static let standard = StandardMessages(markup) { message in
    let topic = message.isDigest ? "runs" : "{{#flow}}{{flow}}{{/flow}}{{^flow}}runs{{/flow}}"
    return .object([("topic", .words(topic)), ("content", .text("\(message.symbol) \(message.text(.markdown))"))])
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }
  static func message(_ text: TextTemplate) -> BodyTemplate? {
    .message("content", text, with: [("topic", #""runs""#)])
  }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let url = try secrets.text(server, as: .endpoint).withPath("/api/v1/messages")
    let account = Data("\(email):\(try secrets.text(key, as: .credential))".utf8).base64EncodedString()
    return { message in
      let body = message.body ?? message.event
      let form = [
        ("type", body.text("type") ?? "stream"), ("to", body.text("to") ?? channel),
        ("topic", topic ?? body.text("topic") ?? "runs"), ("content", body.text("content") ?? ""),
      ].map { "\($0.0)=\($0.1.percentEncoded)" }.joined(separator: "&")
      var request = OutgoingRequest(url, body: Array(form.utf8))
      request.contentType = "application/x-www-form-urlencoded"
      request.headers = [("Authorization", "Basic \(account)")]
      return .http(request)
    }
  }

  func identity(_ secrets: SecretSource) -> [String] {
    [server.identity(secrets, as: .endpoint), email, channel]
  }

  /// `{"result": "error", "msg": …}` (zulip.com/api/rest-error-handling).
  static let answers = AnswerTable(
    [
      .init(statuses: [200...299], body: .members([("result", #""success""#)]), meaning: .delivered),
      .init(statuses: [200...299], body: .broken, meaning: .delivered),
      .init(statuses: [200...499], body: .phrase(["RATE_LIMIT_HIT"]), meaning: .repeatedLater(.rateLimited)),
      .init(
        statuses: [200...499],
        body: .phrase(["STREAM_DOES_NOT_EXIST", "INVALID_API_KEY", "USER_DEACTIVATED", "REALM_DEACTIVATED"]),
        meaning: .stops),
      .init(statuses: [200...299], body: .members([("result", #""error""#)]), meaning: .final(.clientError)),
      .init(statuses: [200...299], meaning: .repeated(.badAnswer)),
    ], otherwise: .webhook, named: "webhook", says: ["msg"])
  static let answerPatience: Duration? = nil
}
