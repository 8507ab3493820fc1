internal import JSONSource
internal import Secrets

/// Mail, one delivery for each recipient: a server that refuses one address would refuse a mail for all of them.
struct Email: Destination {
  static let type = "email"
  static let says = "Mail, one for each recipient, through a server that takes mail (SMTP)."

  enum Security: String, Sendable, CaseIterable {
    case required
    case none
  }

  var server = ReferenceText.nowhere
  var from = ReferenceText.nowhere
  var to: [ReferenceText] = []
  var user: ReferenceText?
  var password: ReferenceText?
  var security = Security.required

  init() {}

  static let fields: [Field<Email>] = [
    Field(
      "server", .server(["smtp": 25, "smtps": 465]), to: \.server, isRequired: true,
      example: #""smtp://mail.example.com:587""#,
      "`smtp://HOST:PORT`, with TLS by STARTTLS, or `smtps://HOST:PORT`, with TLS from the start. Without a port 25 and 465."
    ),
    Field(
      "from", .reference(as: .plain), to: \.from, isRequired: true, example: #""vi-notify <vi-notify@example.com>""#,
      "Who sends it: an address, or a name with the address in angle brackets."),
    Field(
      "to", .references(as: .plain), to: \.to, isRequired: true, example: #""ops@example.com""#,
      "Who gets it: an address, or a list of them. Each has a delivery of its own, with its own retries."),
    Field(
      "user", .reference(as: .plain), to: \.user, example: #""vi-notify@example.com""#,
      "The account at the server. Needs `password`."),
    Field("password", .secret, to: \.password, example: #""${env:SMTP_PASSWORD}""#, "The account's password."),
    Field(
      "tls", .word("kind of security"), to: \.security, default: #""required""#, example: #""none""#,
      "`required`: no mail without TLS. `none`: over `smtp://` without TLS, for a server on this machine."),
  ]

  static let beside: SchemaPiece = [
    "dependentSchemas": .json(#"{"user": {"required": ["password"]}, "password": {"required": ["user"]}}"#)
  ]
  static let connection = ConnectionKind.socket

  var address: (field: String, url: ReferenceText)? { server.asWebAddress.map { ("server", $0) } }

  func check(_ object: ObjectReader, _ context: FieldContext) {
    context.checkAccount(object)
    for (field, text, node) in [("from", from, object["from"])] + zip(to, object.list("to")).map({ ("to", $0, $1) }) {
      guard let node, let value = context.plain(text), MailAddress(value) == nil else { continue }
      context.diagnostics.error(
        at: node.range, "\(object.pathOf(field)) is no address: \(value.prefix(80).debugDescription)",
        hint: value.contains(",")
          ? "write a list: [\"a@example.com\", \"b@example.com\"]" : "one looks like ops@example.com")
    }
    guard security == .none, user != nil, let node = object["tls"] else { return }
    context.diagnostics.warning(
      at: node.range, "the password goes to the server without TLS", hint: "remove \"tls\": \"none\"")
  }

  static let markup = Markup.html
  static let membersWithoutMarkup = ["subject", "text"]
  /// Our own: RFC 5322 knows none, and a phone shows 40 characters of a subject.
  static let limits: BodyLimits? = BodyLimits([
    .text("subject", 200, .codePoints), .text("text", 50_000, .bytes), .text("html", 100_000, .bytes, .html),
  ])
  static let shape: BodyShape? = BodyShape(
    anyOf: ["text", "html"], refusal: "an empty mail", known: ["subject", "text", "html"], lists: [:])

  private static let standard = StandardMessages(markup) { message in
    .object([
      ("subject", .words(message.title)), ("text", .words("\(message.symbol) \(message.text(.plain))")),
      ("html", .text("\(message.symbol) \(message.text(.html))")),
    ])
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }

  static func message(_ text: TextTemplate) -> BodyTemplate? {
    text.written(in: .words).flatMap { plain in
      BodyPiece.object([
        ("subject", .words(subject)), ("text", .template(plain)), ("html", .template(text)),
      ]).template(markup, scope: .own)
    }
  }

  /// Of a mail whose words are the user's.
  private static let subject =
    "{{#flow}}{{truncate100(flow)}}{{/flow}}{{^flow}}vi-notify{{/flow}}{{#phase}}: {{phase}}{{/phase}}"

  var recipients: [ReferenceText] { to }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let server = try secrets.text(server, as: .endpoint)
    let from = try secrets.text(from, as: .plain)
    let to = try to.map { (source: $0.source, address: try secrets.text($0, as: .plain)) }
    let user = try user.map { try secrets.text($0, as: .plain) }
    let password = try password.map { try secrets.text($0, as: .credential) }
    return { [security] message in
      let body = message.body ?? message.event
      let parts = MailParts(body)
      // What was written for somebody who isn't in the file any more goes to the first.
      let to = (to.first { $0.source == parts.recipient } ?? to.first)?.address ?? ""
      var mail = OutgoingMail(server: server, sender: MailAddress(from)?.address ?? from)
      mail.recipient = MailAddress(to)?.address ?? to
      mail.account = user.flatMap { user in password.map { (user, $0) } }
      mail.requiresTLS = security == .required
      mail.headers = parts.headers(from: from, to: to, id: message.id, time: message.time)
      mail.content = parts.content(under: mail.headers)
      mail.body = body
      return .mail(mail)
    }
  }

  func identity(_ secrets: SecretSource) -> [String] {
    [server.identity(secrets, as: .endpoint), user?.source ?? ""] + to.map { $0.identity(secrets, as: .plain) }
  }

  static let answers = AnswerTable.mail
}

extension AnswerTable {
  /// Replies of SMTP (RFC 5321, section 4.2; RFC 4954, section 6): 4xx may pass, 5xx will not.
  static let mail = AnswerTable([
    .init(statuses: [200...299], meaning: .delivered),
    .init(statuses: [400...499], meaning: .repeated(.serverError)),
    .init(statuses: [535...535], meaning: .stops),
    .init(statuses: [530...530, 534...534, 538...538], meaning: .final(.unauthorized)),
    .init(statuses: [500...599], meaning: .final(.clientError)),
    .init(statuses: [0...999], meaning: .repeated(.badAnswer)),
  ])
}
