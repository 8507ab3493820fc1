internal import JSONSource
internal import Secrets

/// A chat, group or channel of Telegram, through a bot.
struct Telegram: Destination {
  static let type = "telegram"
  static let says = "A chat, group or channel of Telegram, through a bot."

  var token = ReferenceText.nowhere
  var chat = ""
  var topic: Int?
  var endpoint: ReferenceText?

  init() {}

  static let fields: [Field<Telegram>] = [
    Field(
      "token", .secret, to: \.token, isRequired: true, example: #""${env:TELEGRAM_BOT_TOKEN}""#,
      "The bot's token, as BotFather gave it."),
    Field(
      "chat", .chat, to: \.chat, isRequired: true, example: #""-1001234567890""#,
      "The chat's number, or `@name` of a channel."),
    Field(
      "topic", .integer(1...2_147_483_647), to: \.topic, example: "7",
      "The topic of a group that has topics, by its number."),
    Field(
      "endpoint", .url(as: .endpoint), to: \.endpoint, default: #""https://api.telegram.org""#,
      example: #""https://telegram-bot-api.example.com""#, "A Bot API server of your own."),
  ]

  var address: (field: String, url: ReferenceText)? { endpoint.map { ("endpoint", $0) } }

  func check(_ object: ObjectReader, _ context: FieldContext) {
    guard let node = object["token"], let text = context.revealed(token) else { return }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count != 2 || !parts[0].allSatisfy(\.isNumber) || parts[1].count < 20 {
      context.diagnostics.error(
        at: node.range, "\(object.pathOf("token")) is no token of a bot", hint: "one looks like 123456789:AAE…")
    }
  }

  static let hosts = ["api.telegram.org"]

  static let markup = Markup.html
  /// 1 to 4,096 characters after the tags are taken out; counted with them, which is on the safe side.
  static let limits: BodyLimits? = BodyLimits([.text("text", 4_096, .utf16, .html, isRequired: true)])
  static let shape: BodyShape? = BodyShape(
    anyOf: ["text"], refusal: "Bad Request: message text is empty",
    known: [
      "chat_id", "text", "parse_mode", "entities", "link_preview_options", "disable_notification", "protect_content",
      "message_thread_id", "reply_parameters", "reply_markup", "business_connection_id", "message_effect_id",
    ], lists: [:])

  /// 20 a minute in a group, one a second in a chat (core.telegram.org, "My bot is hitting limits").
  static let usualRate: RateLimit? = RateLimit(count: 20, per: .seconds(60))

  private static let standard = StandardMessages(markup) { message in
    .object(
      [("text", .text("\(message.symbol) \(message.text(.html))")), ("parse_mode", .text("HTML"))]
        + [("link_preview_options", .object([("is_disabled", .bool(true))]))])
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }

  static func message(_ text: TextTemplate) -> BodyTemplate? {
    .message(
      "text", text, with: [("parse_mode", #""HTML""#), ("link_preview_options", #"{"is_disabled":true}"#)])
  }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let endpoint = try endpoint.map { try secrets.text($0, as: .endpoint) } ?? "https://api.telegram.org"
    let bot = endpoint.withPath("/bot\(try secrets.text(token, as: .credential))")
    let chat = (name: "chat_id", json: [UInt8].json(chat))
    return { message in
      let body = message.body ?? message.event
      if let edited = message.sequel.edited("message_id") {
        return .http(OutgoingRequest("\(bot)/editMessageText", body: body.adding([chat, ("message_id", edited)])))
      }
      let topic = message.sequel.thread.flatMap { Int($0) } ?? topic
      let place = topic.map { [(name: "message_thread_id", json: Array("\($0)".utf8))] } ?? []
      return .http(OutgoingRequest("\(bot)/sendMessage", body: body.adding([chat] + place)))
    }
  }

  /// core.telegram.org, "Message" and "editMessageText". A bot can't look a topic up by its name.
  static let links: MessageLinks? = MessageLinks(name: ["result.message_id"], threads: .numbered)

  func identity(_ secrets: SecretSource) -> [String] {
    [token.identity(secrets, as: .credential), chat, topic.map { "\($0)" } ?? ""]
  }

  /// `{"ok": false, "description": …}` beside the status (core.telegram.org, "Making requests"). An edit that changes
  /// nothing is refused, and is as it was wanted.
  static let answers = AnswerTable(
    [
      .init(statuses: [200...499], body: .phrase(["message is not modified"]), meaning: .delivered),
      .init(
        statuses: [200...400],
        body: .phrase(["message to edit not found", "message can't be edited", "message_id_invalid"]),
        meaning: .vanished),
      .init(statuses: [200...299], body: .members([("ok", "true")]), meaning: .delivered),
      .init(statuses: [200...299], body: .broken, meaning: .delivered),
      .init(statuses: [401...401, 404...404], meaning: .stops),
      .init(
        statuses: [400...403],
        body: .phrase(["chat not found", "bot was blocked", "bot was kicked", "user is deactivated", "not a member"]),
        meaning: .stops),
      .init(statuses: [200...299], meaning: .repeated(.badAnswer)),
    ], otherwise: .webhook, named: "webhook", says: ["description"])

  /// Its yes stands in the body.
  static let answerPatience: Duration? = nil
}

extension FieldType where Value == ReferenceText {
  /// A credential, whole.
  static let secret = FieldType.own(["$ref": .text("#/$defs/filled")]) { node, path, context in
    guard let text = context.reference(node, path: path, as: .credential) else { return nil }
    if context.looksUp { context.warnOfPlainSecret(text, at: node) }
    return text
  }
}

extension FieldType where Value == String {
  /// A number or a name.
  static let chat = FieldType.own(["type": .list([.text("string"), .text("integer")])]) { node, path, context in
    node.integer.map { "\($0)" } ?? context.text(node, path: path)
  }
}
