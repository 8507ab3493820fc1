internal import JSONSource
internal import Secrets

/// A broker of MQTT 5.
struct MQTT: Destination {
  static let type = "mqtt"
  static let says =
    "A broker of MQTT 5: the event, or the `body`, with QoS 1. It needs libmosquitto (`apt-get install libmosquitto1`)."

  var server = ReferenceText.nowhere
  var topic: TextTemplate?
  var user: ReferenceText?
  var password: ReferenceText?
  var isRetained = false

  init() {}

  static let fields: [Field<MQTT>] = [
    Field(
      "server", .server(["mqtt": 1883, "mqtts": 8883]), to: \.server, isRequired: true,
      example: #""mqtts://broker.example.com:8883""#,
      "`mqtt://HOST:PORT`, or `mqtts://HOST:PORT` over TLS. Without a port 1883 and 8883."),
    Field(
      "topic", .topic, to: \.topic, isRequired: true, example: #""vi/runs/{{flow}}/{{phase}}""#,
      "The topic, a template. What a run says is one level at most: in it `/`, `+`, `#` and `$` become `_`."),
    Field(
      "user", .reference(as: .plain), to: \.user, example: #""vi-notify""#,
      "The account at the broker. Needs `password`."),
    Field("password", .secret, to: \.password, example: #""${env:MQTT_PASSWORD}""#, "The account's password."),
    Field(
      "retain", .bool, to: \.isRetained, default: "false", example: "true",
      "The broker keeps the last message of each topic for those who subscribe later."),
  ]

  static let beside: SchemaPiece = [
    "dependentSchemas": .json(#"{"user": {"required": ["password"]}, "password": {"required": ["user"]}}"#)
  ]
  static let connection = ConnectionKind.socket
  var address: (field: String, url: ReferenceText)? { server.asWebAddress.map { ("server", $0) } }

  func check(_ object: ObjectReader, _ context: FieldContext) {
    context.checkAccount(object)
  }

  /// The topic is made of it.
  static let needsEvent = true

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let server = try secrets.text(server, as: .endpoint)
    let user = try user.map { try secrets.text($0, as: .plain) }
    let password = try password.map { try secrets.text($0, as: .credential) }
    return { [topic, isRetained] message in
      var publication = OutgoingPublication(
        server: server, topic: topic?.render(of: message.event) ?? "", id: message.id,
        payload: message.body ?? message.event)
      publication.contentType = message.body == nil ? "application/cloudevents+json" : "application/json"
      publication.account = user.flatMap { user in password.map { (user, $0) } }
      publication.isRetained = isRetained
      return .publish(publication)
    }
  }

  func identity(_ secrets: SecretSource) -> [String] {
    [server.identity(secrets, as: .endpoint), user?.source ?? ""]
  }

  /// Reason codes (MQTT 5, section 2.4): below 128 the broker has the message.
  static let answers = AnswerTable([
    .init(statuses: [0...127], meaning: .delivered),
    .init(statuses: [134...134], meaning: .stops),
    .init(statuses: [135...135, 138...138, 140...140], meaning: .final(.unauthorized)),
    .init(statuses: [137...137, 151...151, 159...159], meaning: .repeated(.rateLimited)),
    .init(
      statuses: [128...128, 131...131, 136...136, 139...139, 141...143, 145...148], meaning: .repeated(.serverError)),
    .init(statuses: [156...157], meaning: .final(.redirected)),
    .init(statuses: [0...999], meaning: .final(.clientError)),
  ])
}

extension FieldType where Value == TextTemplate {
  /// A topic of MQTT (section 4.7), in which tags stand for parts of a level.
  fileprivate static let topic = place(
    .topic, forbidden: "+#\0", schema: #"^[$]|^[^{]*[+#\u0000]|\$\{"#,
    hint:
      "+ and # are for those who subscribe, and topics that begin with $ for the broker; references aren't looked up here"
  )
}

extension Markup {
  /// Part of one level of a topic.
  static let topic = Markup("MQTT-TOPIC") { text in
    let level = text.unicodeScalars.prefix(200).map { scalar -> Character in
      let isMark = "/+#$".unicodeScalars.contains(scalar) || scalar.properties.generalCategory == .control
      return isMark ? "_" : Character(scalar)
    }
    return String(level)
  }
}
