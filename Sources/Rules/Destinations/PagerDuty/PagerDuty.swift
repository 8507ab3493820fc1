internal import JSONSource
internal import Secrets

/// A service of PagerDuty, through Events API v2: what fails opens an incident, and a later success of the same flow ends it.
struct PagerDuty: Destination {
  static let type = "pagerduty"
  static let says = "A service of PagerDuty: failures open an incident, a later success of the flow resolves it."

  var routingKey = ReferenceText.nowhere
  var endpoint: ReferenceText?

  init() {}

  static let fields: [Field<PagerDuty>] = [
    Field(
      "routingKey", .secret, to: \.routingKey, isRequired: true, example: #""${env:PAGERDUTY_ROUTING_KEY}""#,
      "Integration key of Events API v2."),
    Field(
      "endpoint", .url(as: .endpoint), to: \.endpoint, default: #""https://events.pagerduty.com""#,
      example: #""https://events.eu.pagerduty.com""#, "Where accounts of the EU service region live."),
  ]

  var address: (field: String, url: ReferenceText)? { endpoint.map { ("endpoint", $0) } }
  static let hosts = ["pagerduty.com"]

  func check(_ object: ObjectReader, _ context: FieldContext) {
    guard let node = object["routingKey"], let text = context.revealed(routingKey) else { return }
    if text.utf8.count != 32 {
      context.diagnostics.error(
        at: node.range, "\(object.pathOf("routingKey")) is no integration key of PagerDuty",
        hint: "keys have 32 characters; an integration's page shows it")
    }
  }

  static let markup = Markup.words
  /// 512 kB an event, 1,024 characters a summary (developer.pagerduty.com, "Events API v2").
  static let limits: BodyLimits? = BodyLimits([
    .text("payload.summary", 1_024, .codePoints, isRequired: true), .text("dedup_key", 255, .codePoints),
    .text("payload.source", 1_024, .codePoints, isRequired: true),
    .text("payload.custom_details.message", 20_000, .bytes),
    .text("payload.custom_details.log", 20_000, .bytes),
  ])
  static let shape: BodyShape? = BodyShape(
    anyOf: ["event_action"], refusal: "Event object is invalid",
    known: ["event_action", "dedup_key", "payload", "links", "images", "client", "client_url"], lists: [:])

  private static let standard = StandardMessages(markup) { message in
    var members: [(String, BodyPiece)] = [
      ("event_action", .text(message.mood == .good ? "resolve" : "trigger")),
      (
        "payload",
        .object([
          ("summary", .text(message.plainTitle)),
          ("source", .text(message.isDigest ? "vi-notify" : "{{organization}}")),
          ("severity", .text(message.mood.severity)),
          (
            "custom_details",
            .object(
              [("message", .filled(message.details(.plain)))]
                + message.facts.map { ($0.name.lowercased(), .when($0.path, .text($0.value))) })
          ),
        ])
      ), ("client", .text("vi-notify")),
    ]
    // A digest is about several flows, so it has no key of one incident.
    if !message.isDigest { members.insert(("dedup_key", .text("{{incidentKey}}")), at: 1) }
    if message.isOfRun {
      members.append(("links", .list([.object([("href", .text("{{&runUrl}}")), ("text", .text("{{runId}}"))])])))
    }
    return .object(members)
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }
  static func message(_ text: TextTemplate) -> BodyTemplate? {
    BodyPiece.object([
      ("event_action", .text("trigger")), ("dedup_key", .text("{{incidentKey}}")),
      (
        "payload",
        .object([("summary", .template(text)), ("source", .text("{{organization}}")), ("severity", .text("error"))])
      ),
    ]).template(markup, scope: .own)
  }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let endpoint = try endpoint.map { try secrets.text($0, as: .endpoint) } ?? "https://events.pagerduty.com"
    let key = [(name: "routing_key", json: [UInt8].json(try secrets.text(routingKey, as: .credential)))]
    return { .http(OutgoingRequest(endpoint.withPath("/v2/enqueue"), body: ($0.body ?? $0.event).adding(key))) }
  }

  func identity(_ secrets: SecretSource) -> [String] { [routingKey.identity(secrets, as: .credential)] }

  static let answers = AnswerTable(
    [
      .init(statuses: [400...400], body: .phrase(["invalid key", "invalid routing key"]), meaning: .stops),
      .init(statuses: [200...299], body: .page, meaning: .repeated(.badAnswer), note: " with a page"),
    ], otherwise: .webhook, named: "webhook", says: ["errors.0", "message"])
}

extension StandardMessage.Mood {
  fileprivate var severity: String {
    switch self {
    case .good, .neutral: "info"
    case .warning: "warning"
    case .bad: "error"
    }
  }
}
