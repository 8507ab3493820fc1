internal import Secrets

/// A topic of ntfy, on ntfy.sh or a server of one's own.
struct Ntfy: Destination {
  static let type = "ntfy"
  static let says = "A topic of ntfy: a push message to phones."

  var server = ReferenceText.ntfy
  /// Who knows it can read along.
  var topic = ReferenceText.nowhere
  var token: ReferenceText?

  init() {}

  static let fields: [Field<Ntfy>] = [
    Field(
      "server", .url(as: .endpoint), to: \.server, default: #""https://ntfy.sh""#,
      example: #""https://ntfy.example.com""#,
      "The server's address."),
    Field(
      "topic", .reference(as: .credential), to: \.topic, isRequired: true, example: #""${env:NTFY_TOPIC}""#,
      "The topic. On ntfy.sh everybody who knows it can read it: choose one that nobody guesses."),
    Field(
      "token", .secret, to: \.token, example: #""${env:NTFY_TOKEN}""#, "Access token, where the topic is protected."),
  ]

  var address: (field: String, url: ReferenceText)? { ("server", server) }
  static let hosts = ["ntfy.sh"]

  static let markup = Markup.words
  /// docs.ntfy.sh, "Publishing": a longer message becomes an attachment.
  static let limits: BodyLimits? = BodyLimits([
    .text("message", 4_000, .bytes), .text("title", 250, .bytes), BodyLimit("tags", .list(max: 5, rest: nil)),
    BodyLimit("actions", .list(max: 3, rest: nil)),
  ])
  static let shape: BodyShape? = BodyShape(
    anyOf: ["message", "title", "attach"], refusal: "a message that says \"triggered\"",
    known: [
      "topic", "message", "title", "tags", "priority", "actions", "click", "attach", "markdown", "icon", "filename",
      "delay", "email", "call", "sequence_id",
    ], lists: [:])

  /// 60 at once, and then one in five seconds (docs.ntfy.sh, "Limitations").
  static let usualRate: RateLimit? = RateLimit(count: 60, per: .seconds(300))

  private static let standard = StandardMessages(markup) { message in
    var members: [(String, BodyPiece)] = [
      ("title", .text(message.title)), ("message", .text(message.push)),
      ("priority", .number(message.mood == .bad ? 4 : 3)),
    ]
    if message.isOfRun { members.append(("click", .text("{{&runUrl}}"))) }
    return .object(members)
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }
  static func message(_ text: TextTemplate) -> BodyTemplate? { .message("message", text) }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let url = try secrets.text(server, as: .endpoint).withPath("/")
    let topic = [UInt8].json(try secrets.text(topic, as: .credential))
    let token = try token.map { try secrets.text($0, as: .credential) }
    return { message in
      let series = message.sequel.series.map { [(name: "sequence_id", json: [UInt8].json($0))] } ?? []
      var request = OutgoingRequest(url, body: (message.body ?? message.event).adding([("topic", topic)] + series))
      if let token { request.headers = [("Authorization", "Bearer \(token)")] }
      return .http(request)
    }
  }

  /// A message with the same sequence id takes the place of the last one; servers before 2.16.0 show it beside that
  /// (docs.ntfy.sh, "Updating + deleting notifications").
  static let links: MessageLinks? = MessageLinks(name: [])

  func identity(_ secrets: SecretSource) -> [String] {
    [server.identity(secrets, as: .endpoint), topic.identity(secrets, as: .credential)]
  }

  /// `{"code": 42901, "http": 429, "error": …}`.
  static let answers = AnswerTable(
    [
      .init(statuses: [200...299], body: .page, meaning: .repeated(.badAnswer), note: " with a page"),
      .init(statuses: [413...413], meaning: .final(.clientError)),
    ], otherwise: .webhook, named: "webhook", says: ["error"])
}

extension ReferenceText {
  fileprivate static let ntfy = (try? ReferenceText("https://ntfy.sh")) ?? .nowhere
}
