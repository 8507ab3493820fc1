internal import JSONSource
internal import Runs
internal import Secrets

/// Slack: an incoming webhook, or a bot that writes by `chat.postMessage`; both take `{"text": …}` or blocks. Other servers take
/// such messages at an address of theirs, too.
struct Slack: Destination {
  static let type = "slack"
  static let says = "Slack: an incoming webhook, or a bot with its token. Also servers that take Slack's messages."

  private static let postMessage = "https://slack.com/api/chat.postMessage"

  /// Of a webhook; nil: a bot writes.
  var url: ReferenceText?
  var token: ReferenceText?
  var channel: String?
  var endpoint: ReferenceText?

  init() {}

  static let fields: [Field<Slack>] = [
    Field(
      "url", .url(as: .chatURL), to: \.url, example: #""${env:SLACK_WEBHOOK_URL}""#,
      "The webhook's URL, as Slack shows it. Either this or `token`."),
    Field(
      "token", .secret, to: \.token, example: #""${env:SLACK_BOT_TOKEN}""#,
      "Token of a bot that may `chat:write`. Needs `channel`."),
    Field(
      "channel", .filled, to: \.channel, example: #""C0123456789""#,
      "The channel's id, in which the bot must be a member, or `#name`."),
    Field(
      "endpoint", .url(as: .endpoint), to: \.endpoint, default: #""https://slack.com/api/chat.postMessage""#,
      example: #""https://slack-gov.com/api/chat.postMessage""#,
      "Where a bot's messages go. Edits go to `chat.update` beside it."),
  ]

  var address: (field: String, url: ReferenceText)? {
    url.map { ("url", $0) } ?? endpoint.map { ("endpoint", $0) }
  }

  static let beside: SchemaPiece = [
    "oneOf": .json(#"[{"required": ["url"]}, {"required": ["token", "channel"]}]"#),
    "dependentSchemas": .json(
      #"{"url": {"not": {"anyOf": [{"required": ["token"]}, {"required": ["channel"]}, {"required": ["endpoint"]}]}}}"#),
  ]

  func check(_ object: ObjectReader, _ context: FieldContext) {
    context.checkWebhookOrBot(object, ofBot: ["token", "channel", "endpoint"], required: ["token", "channel"])
    guard let token, let written = object["token"], let text = context.revealed(token) else { return }
    if !["xoxb-", "xoxp-", "xoxe."].contains(where: text.hasPrefix) {
      context.diagnostics.error(
        at: written.range, "\(object.pathOf("token")) is no token of a bot", hint: "one looks like xoxb-…")
    }
  }

  static let hosts = ["slack.com", "slack-gov.com"]

  static let markup = Markup.slack
  static let limits: BodyLimits? = .slack
  static let shape: BodyShape? = .slack

  /// One message a second (api.slack.com/docs/rate-limits); its "short bursts" have no number, so none are counted on.
  static let usualRate: RateLimit? = RateLimit(count: 1, per: .seconds(1))

  static func message(_ text: TextTemplate) -> BodyTemplate? { .message("text", text) }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    if let url {
      let url = try secrets.text(url, as: .chatURL)
      return { .http(OutgoingRequest(url, body: $0.body ?? $0.event)) }
    }
    let endpoint = try endpoint.map { try secrets.text($0, as: .endpoint) } ?? Self.postMessage
    let token = try secrets.text(token ?? .nowhere, as: .credential)
    let channel = [UInt8].json(channel ?? "")
    return { message in
      let (method, members) = Self.call(message.sequel, channel)
      let url = method.map(endpoint.withLastPart) ?? endpoint
      let body = message.body ?? message.event
      let fitted = method == nil ? body : BodyLimits.slackEdit.fit(body)
      var request = OutgoingRequest(url, body: fitted.adding(members))
      request.contentType = "application/json; charset=utf-8"
      request.headers = [("Authorization", "Bearer \(token)")]
      return .http(request)
    }
  }

  /// An answer of `chat.postMessage` names the message by its channel and its time (docs.slack.dev, "chat.update").
  static let links: MessageLinks? = MessageLinks(name: ["channel", "ts"], threads: .ofFirst)
  var hasLinks: Bool { token != nil }

  /// What stands beside the message, and the method of the API where it isn't the endpoint's own.
  private static func call(_ sequel: OutgoingSequel, _ channel: [UInt8]) -> (
    method: String?, members: [(name: String, json: [UInt8])]
  ) {
    if let place = sequel.edited("channel"), let time = sequel.edited("ts") {
      // What is left out stays as it was.
      return ("chat.update", [("channel", place), ("ts", time), ("blocks", .none), ("attachments", .none)])
    }
    return (nil, [("channel", channel)] + (sequel.opener("ts").map { [("thread_ts", $0)] } ?? []))
  }

  func identity(_ secrets: SecretSource) -> [String] {
    if let url { return [url.identity(secrets, as: .chatURL)] }
    return [endpoint?.source ?? Self.postMessage, token?.identity(secrets, as: .credential) ?? "", channel ?? ""]
  }

  static let answers = AnswerTable.slack
  /// Slack's yes is a word.
  static let answerPatience: Duration? = nil
}

extension [UInt8] {
  /// An empty list.
  fileprivate static let none = Array("[]".utf8)
}

extension Markup {
  /// `&`, `<` and `>` are Slack's control characters (api.slack.com, "Formatting text for app surfaces").
  static let slack = Markup("SLACK", wholes: [.codeFence, .entity, .angleLink]) { text in
    text.replacing([UInt8(ascii: "&"): "&amp;", UInt8(ascii: "<"): "&lt;", UInt8(ascii: ">"): "&gt;"])
  }
}
