internal import JSONSource
internal import Secrets

/// A room of Matrix.
struct Matrix: Destination {
  static let type = "matrix"
  static let says = "A room on a Matrix server."

  var server = ReferenceText.nowhere
  var token = ReferenceText.nowhere
  var room = ""

  init() {}

  static let fields: [Field<Matrix>] = [
    Field(
      "server", .url(as: .endpoint), to: \.server, isRequired: true, example: #""https://matrix.example.org""#,
      "The homeserver's address."),
    Field(
      "token", .secret, to: \.token, isRequired: true, example: #""${env:MATRIX_TOKEN}""#,
      "Access token of the account that writes."),
    Field(
      "room", .filled, to: \.room, isRequired: true, example: #""!abcdef:example.org""#,
      "The room's id, as its settings show it; the account must be in it."),
  ]

  var address: (field: String, url: ReferenceText)? { ("server", server) }

  func check(_ object: ObjectReader, _ context: FieldContext) {
    guard let node = object["room"], node.string != nil, !room.hasPrefix("!") else { return }
    context.diagnostics.error(
      at: node.range, "\(object.pathOf("room")) is no id of a room: \(room.prefix(60).debugDescription)",
      hint: "ids begin with !; a room's settings show it under \"Advanced\"")
  }

  static let markup = Markup.html
  static let membersWithoutMarkup = ["body"]
  /// An event has 64 KiB at most (spec.matrix.org, "Size limits"), with both forms of the text in it.
  static let limits: BodyLimits? = BodyLimits([
    .text("body", 16_000, .bytes, isRequired: true), .text("formatted_body", 32_000, .bytes, .html),
  ])
  static let shape: BodyShape? = BodyShape(
    anyOf: ["body"], refusal: "M_BAD_JSON",
    known: ["msgtype", "body", "format", "formatted_body", "m.relates_to", "m.mentions", "m.new_content"], lists: [:])

  private static let standard = StandardMessages(markup) { message in
    .object(
      words + [
        ("body", .words("\(message.symbol) \(message.text(.plain))")),
        ("formatted_body", .text("\(message.symbol) \(message.text(.html))")),
      ])
  }

  /// `m.notice` is for what programs write: no other program answers it. An empty `m.mentions` calls nobody.
  private static let words: [(String, BodyPiece)] = [
    ("msgtype", .text("m.notice")), ("format", .text("org.matrix.custom.html")), ("m.mentions", .object([])),
  ]

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }

  static func message(_ text: TextTemplate) -> BodyTemplate? {
    text.written(in: .words).flatMap { plain in
      BodyPiece.object(words + [("body", .template(plain)), ("formatted_body", .template(text))])
        .template(markup, scope: .own)
    }
  }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let server = try secrets.text(server, as: .endpoint)
    let token = try secrets.text(token, as: .credential)
    let base = server.withPath("/_matrix/client/v3/rooms/\(room.percentEncoded)/send/m.room.message/")
    return { message in
      // The same transaction id gives the same event: a repeat is recognised.
      let body = message.body ?? message.event
      let sent = message.sequel.edited("event_id").map { Self.edit(of: $0, body) } ?? body
      var request = OutgoingRequest(base + message.id.percentEncoded, body: sent)
      request.method = "PUT"
      request.headers = [("Authorization", "Bearer \(token)")]
      return .http(request)
    }
  }

  /// The first event names the message, whatever edits follow (spec.matrix.org, "Event replacements").
  static let links: MessageLinks? = MessageLinks(name: ["event_id"])

  private static let fallback = TextLimit(max: 1_000, unit: .bytes, markup: .plain)

  /// Programs that know no edits show the beginning of the new words.
  private static func edit(of event: [UInt8], _ body: [UInt8]) -> [UInt8] {
    JSONWriter.object { json in
      json.member("msgtype", body.text("msgtype") ?? "m.notice")
      json.member("body", "* \(Self.fallback.fit(body.text("body") ?? ""))")
      json.member("m.new_content", raw: body)
      json.member("m.mentions") { $0.object { _ in } }
      json.member("m.relates_to") { json in
        json.object { json in
          json.member("rel_type", "m.replace")
          json.member("event_id", raw: event)
        }
      }
    }
  }

  func identity(_ secrets: SecretSource) -> [String] {
    [server.identity(secrets, as: .endpoint), token.identity(secrets, as: .credential), room]
  }

  static let answers = AnswerTable(
    [
      .init(statuses: [400...400], body: .phrase(["to unknown event"]), meaning: .vanished),
      .init(
        statuses: [400...499], body: .phrase(["M_UNKNOWN_TOKEN", "M_USER_DEACTIVATED", "M_FORBIDDEN"]), meaning: .stops),
      .init(statuses: [200...299], body: .page, meaning: .repeated(.badAnswer), note: " with a page"),
    ], otherwise: .webhook, named: "webhook", says: ["error"])
}
