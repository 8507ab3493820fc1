internal import Secrets

/// A webhook of a Discord channel: an embed in the phase's colour.
struct Discord: Destination {
  static let type = "discord"
  static let says = "A webhook of a Discord channel."

  var url = ReferenceText.nowhere

  init() {}

  static let fields: [Field<Discord>] = [
    Field(
      "url", .url(as: .chatURL), to: \.url, isRequired: true, example: #""${env:DISCORD_WEBHOOK_URL}""#,
      "The webhook's URL, as Discord shows it.")
  ]

  var address: (field: String, url: ReferenceText)? { ("url", url) }

  static let hosts = ["discord.com", "discordapp.com"]

  static let markup = Markup.markdown
  static let limits: BodyLimits? = .discord

  /// Discord asks not to count on numbers and to follow the headers instead (discord-api-docs, "Rate Limits"); five in two
  /// seconds is what its webhooks have been seen to allow.
  static let usualRate: RateLimit? = RateLimit(count: 5, per: .seconds(2))

  static let shape: BodyShape? = BodyShape(
    anyOf: ["content", "embeds", "poll"], refusal: "Cannot send an empty message",
    known: [
      "content", "embeds", "username", "avatar_url", "tts", "allowed_mentions", "components", "flags", "thread_name",
      "applied_tags", "poll", "attachments",
    ], lists: [:])

  private static let standard = StandardMessages(markup) { message in
    var embed: [(String, BodyPiece)] = [
      ("title", .text(message.title)), ("color", .number(message.mood.number)),
      ("description", .filled(message.details(.markdown))),
    ]
    if message.isOfRun {
      embed.append(("url", .text("{{&runUrl}}")))
      let fields = message.facts.map { fact in
        BodyPiece.when(
          fact.path,
          .object([
            ("name", .text(fact.name)), ("value", .text(fact.value)), ("inline", .bool(fact.path != "metricsText")),
          ]))
      }
      embed.append(("fields", .list(fields)))
    }
    return .object([("embeds", .list([.object(embed)])), ("allowed_mentions", .object([("parse", .list([]))]))])
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }

  static func message(_ text: TextTemplate) -> BodyTemplate? {
    .message("content", text, with: [("allowed_mentions", #"{"parse":[]}"#)])
  }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    // Without `wait` Discord answers 204 before it has looked at the message, and drops what it doesn't like.
    let webhook = try secrets.text(url, as: .chatURL)
    let url = webhook.withQuery("wait=true")
    return { message in
      let (sequel, body) = (message.sequel, message.body ?? message.event)
      let thread = sequel.opener("channel_id").flatMap(Self.number) ?? sequel.thread.flatMap(Self.number)
      guard let edited = sequel.edited("id").flatMap(Self.number) else {
        if let thread { return .http(OutgoingRequest(url.withQuery("thread_id=\(thread)"), body: body)) }
        let name = sequel.thread.map { [(name: "thread_name", json: [UInt8].json(Self.threadName.fit($0)))] } ?? []
        return .http(OutgoingRequest(url, body: body.adding(name)))
      }
      // A message stands where it was posted, whatever thread that was.
      let place = sequel.thread == nil ? nil : sequel.edited("channel_id").flatMap(Self.number)
      let message = webhook.withPathInside("/messages/\(edited)")
      var request = OutgoingRequest(place.map { message.withQuery("thread_id=\($0)") } ?? message, body: body)
      request.method = "PATCH"
      return .http(request)
    }
  }

  /// Where the webhook is one of a forum, its messages name the thread that they begin or belong to by `channel_id`
  /// (discord-api-docs, "Execute Webhook").
  static let links: MessageLinks? = MessageLinks(name: ["id", "channel_id"], threads: .ofFirst)

  /// 1 to 100 characters (discord-api-docs, "Start Thread in Forum or Media Channel").
  private static let threadName = TextLimit(max: 100, unit: .utf16, markup: .plain)

  /// An id of Discord's; nil for any other text.
  private static func number(_ json: [UInt8]) -> String? {
    number(String(decoding: json, as: UTF8.self).trimmingPrefix("\"").prefix { $0 != "\"" })
  }

  private static func number(_ text: some StringProtocol) -> String? {
    (15...20).contains(text.utf8.count) && text.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? String(text) : nil
  }

  func identity(_ secrets: SecretSource) -> [String] { [url.identity(secrets, as: .chatURL)] }

  /// A webhook that is gone must not be asked again: 10,000 refusals in ten minutes get the address banned
  /// (discord-api-docs, "Rate Limits").
  static let answers = AnswerTable(
    [
      // Cloudflare has banned the address (discord-api-docs#5810).
      .init(statuses: [429...429], body: .page, meaning: .held(.rateLimited, .seconds(3_600))),
      // Unknown message, unknown channel (which a thread is), and a thread in which nothing can be edited any more
      // (discord-api-docs, "JSON Error Codes").
      .init(
        statuses: [400...404], body: .members([("code", "10008"), ("code", "10003"), ("code", "50083")]),
        meaning: .vanished),
      .init(statuses: [404...404, 401...401], meaning: .stops),
      .init(statuses: [200...299], body: .page, meaning: .repeated(.badAnswer), note: " with a page"),
    ], otherwise: .webhook, named: "webhook", says: ["message"])
}

extension BodyLimits {
  /// discord-api-docs, "Embed Limits"; Discord counts UTF-16 units.
  static let discord = BodyLimits([
    .text("content", 2_000, .utf16, .markdown), .text("username", 80, .utf16),
    BodyLimit("embeds", .list(max: 10, rest: #"{"description":"%"}"#)), BodyLimit("embeds", .sum(max: 6_000)),
    .text("embeds[].title", 256, .utf16, .markdown), .text("embeds[].description", 4_096, .utf16, .markdown),
    BodyLimit("embeds[].fields", .list(max: 25, rest: #"{"name":"%","value":"–"}"#)),
    .text("embeds[].fields[].name", 256, .utf16, .markdown, isRequired: true),
    .text("embeds[].fields[].value", 1_024, .utf16, .markdown, isRequired: true),
    .text("embeds[].footer.text", 2_048, .utf16), .text("embeds[].author.name", 256, .utf16),
  ])
}
