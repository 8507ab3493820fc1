internal import JSONSource
internal import Secrets

/// A stream of NATS. Its core has no acknowledgements, so a stream (JetStream) must take the subject.
struct NATS: Destination {
  static let type = "nats"
  static let says =
    "A stream of NATS (JetStream): the event, or the `body`. It needs libnats (`apt-get install libnats-dev`)."

  var server = ReferenceText.nowhere
  var subject: TextTemplate?
  var user: ReferenceText?
  var password: ReferenceText?
  var token: ReferenceText?
  var credentials: ReferenceText?

  init() {}

  static let fields: [Field<NATS>] = [
    Field(
      "server", .server(["nats": 4222, "tls": 4222]), to: \.server, isRequired: true,
      example: #""tls://nats.example.com:4222""#,
      "`nats://HOST:PORT`, or `tls://HOST:PORT` over TLS. Without a port 4222."),
    Field(
      "subject", .subject, to: \.subject, isRequired: true, example: #""vi.runs.{{phase}}""#,
      "The subject, a template, which a stream must take. What a run says is one token at most: in it dots, blanks, `*` and `>` become `_`."
    ),
    Field("user", .reference(as: .plain), to: \.user, example: #""vi-notify""#, "The account. Needs `password`."),
    Field("password", .secret, to: \.password, example: #""${env:NATS_PASSWORD}""#, "The account's password."),
    Field("token", .secret, to: \.token, example: #""${env:NATS_TOKEN}""#, "A token, in place of an account."),
    Field(
      "credentials", .path, to: \.credentials, example: #""/etc/vi-notify/nats.creds""#,
      "A file of credentials as NATS makes them, in place of an account."),
  ]

  static let beside: SchemaPiece = [
    "dependentSchemas": .json(
      #"""
      {"user": {"required": ["password"]}, "password": {"required": ["user"]},
       "token": {"not": {"anyOf": [{"required": ["user"]}, {"required": ["credentials"]}]}},
       "credentials": {"not": {"required": ["user"]}}}
      """#)
  ]
  static let connection = ConnectionKind.socket
  var address: (field: String, url: ReferenceText)? { server.asWebAddress.map { ("server", $0) } }

  func check(_ object: ObjectReader, _ context: FieldContext) {
    context.checkAccount(object)
    let ways = ["user", "token", "credentials"].filter { object[$0] != nil }
    guard ways.count > 1, let node = object[ways[1]] else { return }
    context.diagnostics.error(
      at: node.range, "\(object.path) has both \"\(ways[0])\" and \"\(ways[1])\"", hint: "keep one of them")
  }

  /// The subject is made of it.
  static let needsEvent = true

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let server = try secrets.text(server, as: .endpoint)
    let user = try user.map { try secrets.text($0, as: .plain) }
    let password = try password.map { try secrets.text($0, as: .credential) }
    let token = try token.map { try secrets.text($0, as: .credential) }
    let credentials = try credentials.map { try secrets.text($0, as: .plain) }
    return { [subject] message in
      var publication = OutgoingPublication(
        server: server, topic: Self.whole(subject?.render(of: message.event) ?? ""), id: message.id,
        payload: message.body ?? message.event)
      publication.contentType = message.body == nil ? "application/cloudevents+json" : "application/json"
      publication.account = user.flatMap { user in password.map { (user, $0) } }
      publication.token = token
      publication.credentialsFile = credentials
      return .publish(publication)
    }
  }

  /// A token of which a run says nothing must be there all the same.
  private static func whole(_ subject: String) -> String {
    subject.split(separator: ".", omittingEmptySubsequences: false).map { $0.isEmpty ? "_" : $0 }.joined(separator: ".")
  }

  func identity(_ secrets: SecretSource) -> [String] {
    [server.identity(secrets, as: .endpoint), user?.source ?? "", credentials?.source ?? ""]
  }

  /// Statuses like those of HTTP, for NATS has words only.
  static let answers = AnswerTable([
    .init(statuses: [200...299], meaning: .delivered),
    .init(statuses: [401...401], meaning: .stops),
    .init(statuses: [403...403], meaning: .final(.unauthorized)),
    .init(statuses: [500...599], meaning: .repeated(.serverError)),
    .init(statuses: [0...999], meaning: .final(.clientError)),
  ])
}

extension FieldType where Value == TextTemplate {
  /// A subject of NATS (docs.nats.io, "Subject-Based Messaging"), in which tags stand for parts of a token.
  fileprivate static let subject = place(
    .subject, forbidden: "*> \t\r\n\0", schema: #"^[^{]*[*> ]|\$\{"#,
    hint: "* and > are for those who subscribe, and a token has no blank; references aren't looked up here")
}

extension Markup {
  /// Part of one token of a subject.
  fileprivate static let subject = Markup("NATS-SUBJECT") { text in
    let token = text.unicodeScalars.prefix(200).map { scalar -> Character in
      let isMark = ".*>".unicodeScalars.contains(scalar) || scalar.properties.isWhitespace
      return isMark || scalar.properties.generalCategory == .control ? "_" : Character(scalar)
    }
    return String(token)
  }
}
