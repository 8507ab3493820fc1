internal import JSONSource
internal import Secrets

/// A webhook of a Google Chat space: a card.
struct GoogleChat: Destination {
  static let type = "googlechat"
  static let says = "A webhook of a Google Chat space."

  var url = ReferenceText.nowhere

  init() {}

  static let fields: [Field<GoogleChat>] = [
    Field(
      "url", .url(as: .chatURL), to: \.url, isRequired: true, example: #""${env:GOOGLE_CHAT_WEBHOOK_URL}""#,
      "The webhook's URL, as Google Chat shows it.")
  ]

  var address: (field: String, url: ReferenceText)? { ("url", url) }

  static let hosts = ["chat.googleapis.com"]

  /// Texts in cards are a part of HTML (developers.google.com, "Add text and images to cards"). A `text` goes into a card as
  /// well, for there is no way to escape `<users/all>` outside of one.
  static let markup = Markup.html
  /// 32,000 bytes a message (developers.google.com, "Create messages").
  static let limits: BodyLimits? = BodyLimits([
    BodyLimit("cardsV2", .sum(max: 24_000)), .text("text", 4_096, .codePoints),
    .text("cardsV2[].card.header.title", 200, .codePoints), .text("cardsV2[].card.header.subtitle", 200, .codePoints),
    .text("cardsV2[].card.sections[].widgets[].textParagraph.text", 12_000, .bytes, .html),
    .text("cardsV2[].card.sections[].widgets[].decoratedText.text", 2_000, .bytes, .html),
    BodyLimit("cardsV2[].card.sections[].widgets", .list(max: 90, rest: #"{"textParagraph":{"text":"%"}}"#)),
  ])
  static let shape: BodyShape? = BodyShape(
    anyOf: ["text", "cardsV2"], refusal: "Message cannot be empty",
    known: ["text", "cardsV2", "cards", "thread", "accessoryWidgets", "fallbackText"], lists: [:])

  /// 60 a minute for all apps of a space together (developers.google.com, "Usage limits").
  static let usualRate: RateLimit? = RateLimit(count: 1, per: .seconds(1))

  private static let standard = StandardMessages(markup) { message in
    var widgets: [BodyPiece] = [
      paragraph(.text("<font color=\"\(message.mood.color)\"><b>\(message.title)</b></font>")),
      .unlessEmpty(message.details(.googleChat), paragraph(.text(message.details(.googleChat)))),
    ]
    if message.isOfRun {
      for fact in message.facts {
        widgets.append(
          .when(
            fact.path,
            .object([("decoratedText", .object([("topLabel", .text(fact.name)), ("text", .text(fact.value))]))])))
      }
      widgets.append(
        .object([
          (
            "buttonList",
            .object([
              (
                "buttons",
                .list([
                  .object([
                    ("text", .text("Open in Vi")),
                    ("onClick", .object([("openLink", .object([("url", .text("{{&runUrl}}"))]))])),
                  ])
                ])
              )
            ])
          )
        ]))
    }
    return card(widgets)
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }

  static func message(_ text: TextTemplate) -> BodyTemplate? {
    card([paragraph(.template(text))]).template(markup, scope: .own)
  }

  private static func paragraph(_ text: BodyPiece) -> BodyPiece {
    .object([("textParagraph", .object([("text", text)]))])
  }

  private static func card(_ widgets: [BodyPiece]) -> BodyPiece {
    .object([
      (
        "cardsV2",
        .list([
          .object([
            ("cardId", .text("run")),
            ("card", .object([("sections", .list([.object([("widgets", .list(widgets))])]))])),
          ])
        ])
      )
    ])
  }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let url = try secrets.text(url, as: .chatURL)
    let reply = url.contains("messageReplyOption=") ? url : url.withQuery(Self.reply)
    return { message in
      let body = message.body ?? message.event
      guard let thread = message.sequel.thread else { return .http(OutgoingRequest(url, body: body)) }
      let key = JSONWriter.object { $0.member("threadKey", thread) }
      return .http(OutgoingRequest(reply, body: body.adding([("thread", key)])))
    }
  }

  /// Threads have keys, and are made by them (developers.google.com, "spaces.messages.create"). A webhook can't edit.
  static let links: MessageLinks? = MessageLinks(name: [], updates: false, threads: .byKey)
  private static let reply = "messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"

  func identity(_ secrets: SecretSource) -> [String] { [url.identity(secrets, as: .chatURL)] }

  static let answers = AnswerTable(
    [
      .init(statuses: [200...299], body: .page, meaning: .repeated(.badAnswer), note: " with a page"),
      .init(statuses: [401...401, 403...404], meaning: .stops),
    ], otherwise: .webhook, named: "webhook", says: ["error.message"])
}

extension Notation {
  static let googleChat = Notation(
    bold: { "<b>\($0)</b>" }, link: { "<a href=\"{{runUrl}}\">\($0)</a>" }, code: { $0 })
}
