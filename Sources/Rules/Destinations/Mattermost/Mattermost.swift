internal import JSONSource
internal import Secrets

/// Mattermost: an incoming webhook, or a bot that writes posts by the server's API; both take Markdown, and attachments as Slack
/// has them.
struct Mattermost: Destination {
  static let type = "mattermost"
  static let says = "A Mattermost server: an incoming webhook, or a bot with its token, whose posts can be edited."

  /// Of a webhook; nil: a bot writes.
  var url: ReferenceText?
  var channel: String?
  var server: ReferenceText?
  var token: ReferenceText?

  init() {}

  static let fields: [Field<Mattermost>] = [
    Field(
      "url", .url(as: .chatURL), to: \.url, example: #""${env:MATTERMOST_WEBHOOK_URL}""#,
      "The webhook's URL, as Mattermost shows it. Either this or `token`."),
    Field(
      "channel", .filled, to: \.channel, example: #""training""#,
      "Of a webhook: another channel, where the webhook may choose. Of a bot: the channel's id."),
    Field(
      "server", .url(as: .endpoint), to: \.server, example: #""https://chat.example.com""#,
      "The server's address, for a bot."),
    Field(
      "token", .secret, to: \.token, example: #""${env:MATTERMOST_TOKEN}""#,
      "Token of a bot that is a member of the channel. Needs `server` and `channel`."),
  ]

  var address: (field: String, url: ReferenceText)? {
    url.map { ("url", $0) } ?? server.map { ("server", $0) }
  }

  static let beside: SchemaPiece = [
    "oneOf": .json(#"[{"required": ["url"]}, {"required": ["token", "server", "channel"]}]"#),
    "dependentSchemas": .json(#"{"url": {"not": {"anyOf": [{"required": ["token"]}, {"required": ["server"]}]}}}"#),
  ]

  func check(_ object: ObjectReader, _ context: FieldContext) {
    context.checkWebhookOrBot(object, ofBot: ["token", "server"], required: ["token", "server", "channel"])
  }

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
    let channel = channel.map { [UInt8].json($0) }
    if let url {
      let url = try secrets.text(url, as: .chatURL)
      let members = channel.map { [(name: "channel", json: $0)] } ?? []
      return { .http(OutgoingRequest(url, body: ($0.body ?? $0.event).adding(members))) }
    }
    let posts = try secrets.text(server ?? .nowhere, as: .endpoint).withPath("/api/v4/posts")
    let token = try secrets.text(token ?? .nowhere, as: .credential)
    return { message in
      let post = Self.post(message.body ?? message.event)
      var request: OutgoingRequest
      if let id = message.sequel.edited("id").flatMap(Self.id) {
        request = OutgoingRequest("\(posts)/\(id)/patch", body: post)
        request.method = "PUT"
      } else {
        request = OutgoingRequest(posts, body: post.adding([("channel_id", channel ?? [UInt8].json(""))]))
      }
      request.headers = [("Authorization", "Bearer \(token)")]
      return .http(request)
    }
  }

  /// The message of a webhook as a post of the API: its text is called `message`, and attachments stand among the properties
  /// (api.mattermost.com, "Create a post").
  private static func post(_ body: [UInt8]) -> [UInt8] {
    guard let document = try? JSONDocument(parsing: body), let members = document.root.members else { return body }
    return JSONWriter.object { json in
      // What an edit leaves out stays as it was.
      json.member("message", raw: document.root["text"].map { Array(document.raw($0)) } ?? [UInt8].json(""))
      json.member("props") { json in
        json.object { json in
          for member in document.root["props"]?.members ?? [] where member.key != "attachments" {
            json.member(member.key, raw: document.raw(member.value))
          }
          json.member(
            "attachments", raw: document.root["attachments"].map { Array(document.raw($0)) } ?? Array("[]".utf8))
        }
      }
      if let priority = members.first(where: { $0.key == "priority" }) {
        json.member("metadata") { json in
          json.object { $0.member("priority", raw: document.raw(priority.value)) }
        }
      }
    }
  }

  /// Of a post: 26 letters and digits. Nil for any other text.
  private static func id(_ json: [UInt8]) -> String? {
    let text = String(decoding: json, as: UTF8.self).trimmingPrefix("\"").prefix { $0 != "\"" }
    return text.utf8.count == 26 && text.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 } ? String(text) : nil
  }

  /// The API answers with the post.
  static let links: MessageLinks? = MessageLinks(name: ["id"])
  var hasLinks: Bool { token != nil }

  func identity(_ secrets: SecretSource) -> [String] {
    if let url { return [url.identity(secrets, as: .chatURL)] }
    return [server?.source ?? "", token?.identity(secrets, as: .credential) ?? "", channel ?? ""]
  }

  static let answers = AnswerTable(
    [
      .init(statuses: [200...299], body: .page, meaning: .repeated(.badAnswer), note: " with a page"),
      .init(statuses: [400...499], body: .phrase(["Invalid webhook"]), meaning: .stops),
      // A post that is gone can't be found, and so may not be edited.
      .init(
        statuses: [403...404],
        body: .members([("id", "api.context.permissions.app_error"), ("id", "app.post.get.app_error")]),
        meaning: .vanished),
    ], otherwise: .webhook, named: "webhook", says: ["message"])
}
