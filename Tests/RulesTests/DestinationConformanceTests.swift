import JSONSource
import Runs
import Secrets
import Storage
import Testing

@testable import Rules

/// What holds for every type of destination. A type joins by being registered.
@Suite struct DestinationConformanceTests {
  /// A destination of each type, made of the examples of its required fields.
  private static func destination(_ type: DestinationType) -> String {
    let fields = type.implementation.requiredExamples.map { "\"\($0.key)\": \($0.example)" }
    return "{\(([#""type": "\#(type)""#] + fields).joined(separator: ", "))}"
  }

  private static let secrets = SecretSource(environment: [
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/s3cretpath", "SLACK_BOT_TOKEN": "xoxb-s3cretpath",
    "DISCORD_WEBHOOK_URL": "https://discord.com/api/webhooks/1/s3cretpath",
    "TEAMS_WORKFLOW_URL": "https://x.api.powerplatform.com/workflows/1?sig=s3cretpath",
    "MATTERMOST_WEBHOOK_URL": "https://chat.example.com/hooks/s3cretpath",
    "GOOGLE_CHAT_WEBHOOK_URL": "https://chat.googleapis.com/v1/spaces/S/messages?key=k&token=s3cretpath",
    "MATTERMOST_TOKEN": "s3cretpaths3cretpath", "TELEGRAM_BOT_TOKEN": "123456789:AAEs3cretpaths3cretpaths3cretpath12",
    "MATRIX_TOKEN": "syt_s3cretpath",
    "ZULIP_KEY": "s3cretpaths3cretpath", "NTFY_TOPIC": "s3cretpath", "GOTIFY_TOKEN": "As3cretpath",
    "PUSHOVER_TOKEN": "s3cretpathabcdefghijklmnopqrst", "PUSHOVER_USER": "s3cretpathabcdefghijklmnopqrsu",
    "PAGERDUTY_ROUTING_KEY": "s3cretpathabcdefghijklmnopqrstuv", "GITHUB_TOKEN": "ghp_s3cretpath",
    "EVENTGRID_KEY": "s3cretpaths3cretpath", "SMTP_PASSWORD": "s3cretpath", "AWS_SECRET_ACCESS_KEY": "s3cretpaths3cret",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "MQTT_PASSWORD": "s3cretpath", "NATS_TOKEN": "s3cretpath",
  ])

  private static func read(_ destination: String, action: String = #"{"send": "d"}"#, on: String = #""any""#)
    -> (file: RuleFile?, problems: [Diagnostic])
  {
    let text = """
      {"version": 1, "destinations": {"d": \(destination)},
       "rules": [{"name": "r", "on": \(on), "actions": [\(action)]}]}
      """
    return RuleFile.read(Array(text.utf8), secrets: secrets)
  }

  private static func request(
    _ file: RuleFile, _ planned: PlannedDelivery, _ event: RunEvent, _ sequel: OutgoingSequel = OutgoingSequel()
  ) throws -> OutgoingRequest {
    let destination = try #require(file.destinations.first)
    var body: [UInt8]?
    if case .delivery(.body(let rendered)) = planned.content {
      body = destination.kind.limits?.fit(rendered) ?? rendered
    }
    let make = try destination.requestMaker(ReferenceResolver(secrets))
    var message = OutgoingMessage(
      id: planned.id, run: event.runID, event: event.body, body: body, time: 1_800_000_000)
    message.sequel = sequel
    switch make(message) {
    case .http(let request): return request
    case .mail(let mail): return OutgoingRequest(mail.server, body: mail.body)
    case .publish(let made): return OutgoingRequest(made.server, body: made.payload)
    case .append(let line): return OutgoingRequest(line.path, body: line.text)
    }
  }

  private static let hostile =
    "\u{1B}[31m@everyone @channel <!here> <@U1> <b>x</b> [a](https://evil.example) `\"'&\\ \u{202E}\r\nBcc: x@y ``` {{flow}}"

  @Test(arguments: DestinationType.all) func `the examples of its fields make a destination without a mistake`(
    type: DestinationType
  ) throws {
    let (file, problems) = Self.read(Self.destination(type))
    #expect(problems.isEmpty, "\(problems)")
    #expect(file?.destinations.first?.kind == type)
    #expect(!type.implementation.says.isEmpty && type.implementation.says.hasSuffix("."))
  }

  private static let schema = Result { try JSONDocument(parsing: Array(RuleSchema.text.utf8)).root }

  @Test(arguments: DestinationType.all) func `every field is described, with an example that can be read`(
    type: DestinationType
  ) throws {
    let properties = try #require(try Self.schema.get()["$defs"]?[type.definition]?["properties"]?.members)
    for property in properties where property.key != "type" {
      #expect(property.value["description"]?.string?.hasSuffix(".") == true, "\(property.key)")
      #expect(property.value["examples"]?.elements?.count == 1, "\(property.key)")
    }
  }

  @Test(arguments: DestinationType.all) func `a required field that is missing is named`(type: DestinationType) {
    let (file, problems) = Self.read(#"{"type": "\#(type)"}"#)
    let required = type.implementation.requiredExamples.map(\.key)
    if required.isEmpty { return }
    #expect(file == nil)
    #expect(problems.map(\.message) == required.map { #"destinations.d needs "\#($0)""# })
  }

  /// Whatever a run says, the request is JSON (or a form), within the limits, and none of it is markup.
  @Test(arguments: DestinationType.all) func `a stranger's text stays text`(type: DestinationType) throws {
    let file = try #require(Self.read(Self.destination(type)).file)
    let rules = try RuleSet(file)
    for condition in ["Pending", "Running", "Succeeded", "Failed", "Error", "Cancelled"] {
      let long = condition == "Failed" ? [String(repeating: Self.hostile, count: 200)] : []
      for text in [Self.hostile, ""] + long {
        let event = try RunEvent.of(condition, members: #""spec":{"flow":{"name":\#(quoted(text))}}"#, message: text)
        let planned = try #require(rules.deliveries(for: event).first)
        let request = try Self.request(file, planned, event)
        let isForm = request.contentType.hasSuffix("urlencoded")
        let document = try? JSONDocument(parsing: request.body)
        #expect(document != nil || isForm, "\(condition)")
        guard case .delivery(.body(let body)) = planned.content else { continue }
        let sent = String(decoding: request.body, as: UTF8.self)
        #expect(
          sent.contains("run_1") || sent.contains(#"run\\_1"#) || sent.contains("run%5C_1"), "the run's id is never cut"
        )
        for (key, leaf) in leaves(of: try JSONDocument(parsing: body).root) {
          let hasNotation = type.markup != .words && Self.withoutNotation[type.rawValue]?.contains(key) != true
          let found = (Self.neverSent + (hasNotation ? Self.marks(of: type) : [])).filter(leaf.contains)
          #expect(found.isEmpty, "\(condition), \(key)")
        }
      }
    }
  }

  private static let neverSent = ["\u{1B}", "\u{202E}", "\r"]

  /// What would have a meaning.
  private static func marks(of type: DestinationType) -> [String] {
    switch type.markup {
    case .html: ["<!here>", "<@U1>", "<b>x</b>"]
    case .slack: ["<!here>", "<@U1>", "<b>x</b>"]
    default: ["<!here>", "<@U1>", "<b>x</b>", "[a](https://evil.example)", "@everyone", "@channel", "https://evil"]
    }
  }

  /// Members that the service shows as they are.
  private static let withoutNotation = [
    "gotify": ["title"], "mattermost": ["fallback"], "matrix": ["body"], "zulip": ["topic"],
    "email": ["subject", "text"],
  ]

  @Test(arguments: DestinationType.all) func `it has words for everything that rules can name, and for a digest`(
    type: DestinationType
  ) {
    guard let messages = type.standardMessages else {
      #expect(type.standardDigest == nil)
      return
    }
    #expect(Set(messages.keys) == Set(Trigger.allCases))
    #expect(type.standardDigest != nil)
  }

  /// What we say ourselves passes our own check of a user's body.
  @Test(arguments: DestinationType.all) func `its own message is one that the service takes`(type: DestinationType)
    throws
  {
    let file = try #require(Self.read(Self.destination(type)).file)
    let event = try RunEvent.of("Failed", message: "no disk")
    let planned = try #require(RuleSet(file).deliveries(for: event).first)
    guard case .delivery(.body(let body)) = planned.content else { return }
    let own = String(decoding: body, as: UTF8.self).replacing("{{", with: "{ {")
    let (read, problems) = Self.read(Self.destination(type), action: #"{"send": "d", "body": \#(own)}"#)
    #expect(read != nil && problems.isEmpty, "\(problems) in \(own)")
  }

  @Test(arguments: DestinationType.all) func `a text goes where the service shows it`(type: DestinationType) throws {
    let (file, problems) = Self.read(
      Self.destination(type), action: #"{"send": "d", "text": "<{{flow}}> is *{{phase}}*"}"#)
    guard type.takesText else {
      #expect(problems.first?.message == #""text" is for chat destinations"#)
      return
    }
    let event = try RunEvent.of("Failed", members: #""spec":{"flow":{"name":"a_b"}}"#)
    let rules = try #require(file, "\(problems)")
    let planned = try #require(RuleSet(rules).deliveries(for: event).first)
    let request = try Self.request(rules, planned, event)
    #expect(String(decoding: request.body, as: UTF8.self).contains("failed"))
  }

  @Test(arguments: DestinationType.all) func `one of its answers means yes, and every answer means something`(
    type: DestinationType
  ) {
    guard type.implementation.connection == .http else { return }
    let yes = ["", "ok", #"{"ok":true}"#, #"{"result":"success"}"#, #"{"status":1}"#, #"{"FailedEntryCount":0}"#]
    #expect(
      yes.contains { type.answers.reading(of: ServiceAnswer(status: 200, body: Array($0.utf8))).meaning == .delivered })
    for status in [301, 400, 413, 422] {
      guard case .final = type.answers.reading(of: ServiceAnswer(status: status, body: [])).meaning else {
        Issue.record("\(type): \(status) is not final")
        continue
      }
    }
    #expect(type.answers.reading(of: ServiceAnswer(status: 410, body: [])).meaning == .stops)
    #expect(type.answers.reading(of: ServiceAnswer(status: 429, body: [])).meaning == .repeatedLater(.rateLimited))
    #expect(type.answers.reading(of: ServiceAnswer(status: 503, body: [])).meaning == .repeatedLater(.serverError))
    for status in [408, 425, 500, 502] {
      guard case .repeated = type.answers.reading(of: ServiceAnswer(status: status, body: [])).meaning else {
        Issue.record("\(type): \(status) is not repeated")
        continue
      }
    }
  }

  @Test(arguments: DestinationType.all) func `a repeat is the same request`(type: DestinationType) throws {
    let file = try #require(Self.read(Self.destination(type)).file)
    let event = try RunEvent.of("Failed", message: "no disk")
    let planned = try #require(RuleSet(file).deliveries(for: event).first)
    let (first, second) = (try Self.request(file, planned, event), try Self.request(file, planned, event))
    #expect((first.url, first.method, first.body) == (second.url, second.method, second.body))
  }

  @Test(arguments: DestinationType.all) func `update and thread are taken just where messages can be continued`(
    type: DestinationType
  ) throws {
    let destination = Self.destination(type)
    let links = try #require(Self.read(destination).file?.destinations.first).links
    let key = links?.threads == .numbered ? "7" : "{{flow}}"
    for (field, isTaken) in [
      (#""update": true"#, links?.updates == true), (#""thread": "\#(key)""#, links?.threads != nil),
    ] {
      let (file, problems) = Self.read(destination, action: "{\"send\": \"d\", \(field)}")
      #expect((file != nil) == isTaken, "\(field): \(problems)")
    }
  }

  private static let bots = [
    "slack": #"{"type": "slack", "token": "${env:SLACK_BOT_TOKEN}", "channel": "C1"}"#,
    "mattermost":
      #"{"type": "mattermost", "server": "https://c.example", "token": "${env:SLACK_BOT_TOKEN}", "channel": "c1"}"#,
  ]
  /// How messages are called that can be continued, and what one may have at most.
  private static let continued = [
    ("slack", #"{"channel":"C1","ts":"17.1"}"#, 24_000),
    ("discord", #"{"id":"111111111111111111","channel_id":"222222222222222222"}"#, 40_000),
    ("telegram", #"{"message_id":7}"#, 20_000), ("matrix", #"{"event_id":"$e"}"#, 65_536 - 1_000),
    ("ntfy", "{}", 6_000),
    ("googlechat", "{}", 32_000), ("mattermost", #"{"id":"abcdefghij0123456789abcdef"}"#, 60_000),
  ]

  @Test(arguments: continued)
  func `whatever a thread is called and a message says, its continuation is whole, and a repeat the same`(
    _ name: String, _ reference: String, _ most: Int
  ) throws {
    let type = try #require(DestinationType(rawValue: name))
    let file = try #require(Self.read(Self.bots[name] ?? Self.destination(type)).file)
    let rules = try RuleSet(file)
    for text in ["", Self.hostile, String(repeating: Self.hostile, count: 600)] {
      let event = try RunEvent.of("Failed", message: text)
      let planned = try #require(rules.deliveries(for: event).first)
      let (key, called) = (String("\(text) x".prefix(250)), Array(reference.utf8))
      for sequel in [
        OutgoingSequel(series: "ab12", thread: key), OutgoingSequel(series: "ab12", thread: key, first: called),
        OutgoingSequel(series: "ab12", edits: called, thread: key), OutgoingSequel(series: "ab12", edits: called),
      ] {
        let (first, second) = (
          try Self.request(file, planned, event, sequel), try Self.request(file, planned, event, sequel)
        )
        #expect((first.url, first.method, first.body) == (second.url, second.method, second.body))
        #expect((try? JSONDocument(parsing: first.body)) != nil)
        #expect(first.url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        #expect(sequel.edits == nil || first.body.count <= most, "\(first.body.count)")
      }
    }
  }

  /// A mistake in a secret field is told without the secret.
  @Test(arguments: DestinationType.all) func `no diagnostic shows a secret`(type: DestinationType) {
    for field in type.implementation.requiredExamples {
      let broken = type.implementation.requiredExamples.map { other in
        "\"\(other.key)\": \(other.key == field.key ? #""s3cret value \u0001""# : other.example)"
      }
      let (_, problems) = Self.read("{\(([#""type": "\#(type)""#] + broken).joined(separator: ", "))}")
      for problem in problems where field.example.contains("${env:") {
        #expect(!"\(problem.message) \(problem.hint ?? "")".contains("s3cret value"), "\(problem)")
      }
    }
  }

  /// What was looked at for its form is no secret for that: paths and addresses stand in logs as they are.
  @Test(arguments: [
    #"{"type": "file", "path": "/var/log/runs.jsonl"}"#,
    #"{"type": "email", "server": "smtp://m.example", "from": "vi@m.example", "to": "ops@m.example"}"#,
    ##"{"type": "aws-sns", "topic": "arn:aws:sns:eu-west-1:1:runs", "accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": "${env:AWS_SECRET_ACCESS_KEY}"}"##,
    ##"{"type": "aws-sqs", "queue": "https://sqs.eu-west-1.amazonaws.com/1/runs", "accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": "${env:AWS_SECRET_ACCESS_KEY}"}"##,
  ]) func `what is no secret isn't struck out`(destination: String) throws {
    let secrets = SecretSource(environment: ["AWS_SECRET_ACCESS_KEY": "s3cretpaths3cret"])
    let text = """
      {"version": 1, "destinations": {"d": \(destination)}, "rules": [{"name": "r", "actions": [{"send": "d"}]}]}
      """
    #expect(RuleFile.read(Array(text.utf8), secrets: secrets).0 != nil)
    let shown = secrets.redactor.redact(destination)
    #expect(shown == destination)
  }

  @Test(arguments: [
    ("discord", "https://hooks.slack.com/services/T/B/x", "slack"),
    ("slack", "https://discord.com/api/webhooks/1/x", "discord"),
    ("mattermost", "https://chat.googleapis.com/v1/spaces/S/messages?key=k", "googlechat"),
    ("googlechat", "https://x.api.powerplatform.com/workflows/1", "teams"),
  ])
  func `the address of another service is a mistake`(_ type: String, _ url: String, _ owner: String) {
    let (file, problems) = Self.read(#"{"type": "\#(type)", "url": "\#(url)"}"#)
    #expect(file == nil)
    #expect(
      problems.map(\.message) == [
        "destinations.d.url is an address of \(owner), which takes no messages of type \(type)"
      ])
  }

  @Test func `a bot of Slack's writes into its channel by its token`() throws {
    let bot = #"{"type": "slack", "token": "${env:SLACK_BOT_TOKEN}", "channel": "C1"}"#
    let file = try #require(Self.read(bot).file)
    let event = try RunEvent.of("Failed")
    let request = try Self.request(file, #require(RuleSet(file).deliveries(for: event).first), event)
    #expect(request.url == "https://slack.com/api/chat.postMessage")
    #expect(request.headers.map(\.value) == ["Bearer xoxb-s3cretpath"])
    #expect(String(decoding: request.body, as: UTF8.self).hasPrefix(#"{"channel":"C1","text":"*A run* failed"#))
  }

  @Test func `a destination of Slack's is a webhook or a bot`() {
    func problems(_ fields: String) -> [String] {
      Self.read(#"{"type": "slack", \#(fields)}"#).problems.filter { $0.severity == .error }.map(\.message)
    }
    let (url, token) = (#""url": "https://x.example/h""#, #""token": "${env:SLACK_BOT_TOKEN}""#)
    #expect(problems(url) == [])
    #expect(problems(token) == [#"destinations.d needs "channel""#])
    #expect(problems(#""channel": "C1""#) == [#"destinations.d needs "token""#])
    #expect(problems("\(url), \(token)") == [#"destinations.d.token is for a bot, and "url" is a webhook"#])
    #expect(
      problems(#""token": "${env:NTFY_TOPIC}", "channel": "C1""#) == ["destinations.d.token is no token of a bot"])
  }

  @Test func `Discord takes Slack's messages at one address`() {
    #expect(Self.read(#"{"type": "slack", "url": "https://discord.com/api/webhooks/1/x/slack"}"#).problems.isEmpty)
  }
}

extension Destination {
  fileprivate static var requiredExamples: [(key: String, example: String)] {
    let required = fields.filter(\.isRequired).map { ($0.key, $0.example) }
    // Slack and Mattermost need one of two.
    return required.isEmpty ? fields.prefix(1).map { ($0.key, $0.example) } : required
  }
}

private func quoted(_ text: String) -> String {
  var json = JSONWriter()
  json.string(text)
  return String(decoding: json.bytes, as: UTF8.self)
}

/// Every text of a tree with the name of its member.
private func leaves(of node: JSONNode, key: String = "") -> [(key: String, text: String)] {
  if let text = node.string { return [(key, text)] }
  return (node.elements ?? []).flatMap { leaves(of: $0, key: key) }
    + (node.members ?? []).flatMap { leaves(of: $0.value, key: $0.key) }
}
