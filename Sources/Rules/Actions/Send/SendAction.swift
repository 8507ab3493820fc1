internal import JSONSource
internal import Storage

/// `send`: a message to a destination, or the event itself.
struct SendAction: Action {
  static let verb = "send"
  static let says = "Sends the event, or a message made of it, to a destination."
  static let results = ["status"]
  static let lane: Lane.Kind? = nil
  static let maxTimeout: Duration = .seconds(600)

  static let fields: [Field<SendAction>] = [
    Field("send", .filled, to: \.destination, isRequired: true, example: #""team-chat""#, "The name of a destination."),
    Field(
      "text", ["$ref": .text("#/$defs/goesOut"), "minLength": .number(1)],
      example: #""{{flow}} {{phase}}: {{message}}""#,
      "A template for a chat message, in place of our own. Values are escaped for the service."),
    Field(
      "body", ["$ref": .text("#/$defs/body")], example: #"{"title": "{{flow}}", "state": "{{phase}}"}"#,
      "JSON whose strings are templates, in place of what would be sent."),
    Field(
      "digest", .digest, to: \.digest, example: #"{"window": "10m", "by": ["phase"]}"#,
      "Collects what happens within a time into one message."),
    Field(
      "update", .bool, to: \.updates, default: "false", example: "true",
      """
      One message for a run: the first event posts it, and later ones edit it. Not with `digest`; for destinations of type \
      \(DestinationType.names { $0.updates }).
      """),
    Field(
      "thread", ["$ref": .text("#/$defs/goesOut"), "minLength": .number(1)], example: #""{{flow}}""#,
      """
      A template: messages for which it says the same stand in one thread. For destinations of type \
      \(DestinationType.names { $0.threads != nil }). On `discord` it names a thread of a forum, or is a thread's id; on \
      `telegram` it is the number of a topic.
      """),
  ]

  static let beside: SchemaPiece = [
    "not": .object([
      "anyOf": .list(
        [["text", "body"], ["digest", "then"], ["digest", "onFailure"], ["digest", "include"]].map { pair in
          .object(["required": .list(pair.map { .text($0) })])
        } + [.json(#"{"required": ["digest", "update"], "properties": {"update": {"const": true}}}"#)])
    ])
  ]

  /// What it sends.
  enum Message: Sendable {
    /// The event itself.
    case event
    case json(BodyTemplate)
    /// Words of ours, which differ by what has happened.
    case standard([Trigger: BodyTemplate])
  }

  var destination: String?
  var digest: Digest?
  var updates = false
  private var thread: TextTemplate?
  /// For which type of destination the message is made.
  private(set) var kind = DestinationSettings.Kind.webhook
  private(set) var message = Message.event
  /// Of the destination: each gets an action of its own.
  private(set) var recipients: [String] = []
  /// For whom it is; nil where the destination has one recipient, or none.
  private(set) var recipient: String?

  var form: MessageForm? {
    if case .standard = message { return MessageForm(kind: kind, isStandard: true) }
    return MessageForm(kind: kind, isStandard: false)
  }

  mutating func finish(_ object: ObjectReader, _ reader: ActionReader, _ options: ActionOptions) -> Bool {
    guard let destination else { return false }
    let writer = MessageReader(action: reader, object: object, digest: digest)
    guard let kind = writer.kind(ofDestination: destination), let message = writer.message(for: kind) else {
      return false
    }
    (self.kind, self.message) = (kind, message)
    let links = LinksReader(action: reader, object: object)
    links.check(updates: updates, isDigest: digest != nil, kind)
    thread = links.thread(digest, kind)
    recipients = reader.rule.destinations[destination]?.recipients ?? []
    if recipients.count > 1 { reader.reportSteps(after: "mail to several recipients", object) }
    return true
  }

  func forRecipient(_ recipient: String) -> SendAction {
    var action = self
    action.recipient = recipient
    return action
  }

  func content(_ context: PlannedDelivery.RenderContext) -> PlannedDelivery.Content {
    if let digest { return .digest(key: digest.key(of: context.data), end: digest.end) }
    switch message {
    case .event: return .delivery(.event)
    case .json(let template): return .delivery(.body(addressed(template.render(context.data))))
    case .standard(let templates):
      let template = context.trigger.flatMap { templates[$0] }
      return .delivery(template.map { .body(addressed($0.render(context.data))) } ?? .event)
    }
  }

  func sequel(_ context: PlannedDelivery.RenderContext) -> Sequel {
    Sequel(updates: updates && context.trigger?.isOfRun == true, thread: threadKey(context.data))
  }

  /// Nil: the message stands in no thread.
  func threadKey(_ data: TemplateData) -> String? {
    guard let key = thread.map({ Self.threadLimit.fit($0.render(data)) }), !key.allSatisfy(\.isWhitespace) else {
      return nil
    }
    return key
  }

  private static let threadLimit = TextLimit(max: 250, unit: .codePoints, markup: .plain)

  /// A body that says for whom it is.
  func addressed(_ body: [UInt8]) -> [UInt8] {
    recipient.map { body.adding([("recipient", .json($0))]) } ?? body
  }
}

/// Reads what a `send` sends: it depends on the type of its destination.
private struct MessageReader {
  let action: ActionReader
  let object: ObjectReader
  let digest: Digest?

  private var diagnostics: DiagnosticList { action.diagnostics }
  private var path: String { action.path }

  /// For which type of destination the message is made. One of the user's own stays what it was when it was written down,
  /// whatever has become of the destination since; our own words follow the destination.
  ///
  /// - Returns: nil when no destination has this name; that is reported, unless it is there and can't be read.
  func kind(ofDestination name: String) -> DestinationSettings.Kind? {
    let (written, current) = (action.place.kinds[name], action.rule.destinations[name]?.kind)
    guard action.place.isStored else {
      if current == nil { reportUnknown(name) }
      return current
    }
    let isOwn = object["text"] != nil || object["body"] != nil
    if let kind = isOwn ? written ?? current : current ?? written, kind.takesText || object["text"] == nil {
      return kind
    }
    // An earlier version kept no types: only a chat takes a text.
    return object["text"] == nil ? .webhook : .slack
  }

  private func reportUnknown(_ name: String) {
    let rule = action.rule
    guard !rule.writtenDestinations.contains(name), let node = object[SendAction.verb] else { return }
    diagnostics.error(
      at: node.range, "unknown destination \(name.prefix(60).debugDescription)",
      hint: rule.destinations.isEmpty
        ? "describe it under \"destinations\"" : hint(for: name, among: rule.destinationNames))
  }

  func message(for kind: DestinationSettings.Kind) -> SendAction.Message? {
    let markup = kind.markup
    let scope = digest.map { TemplateScope.digest(by: $0.by) } ?? action.place.scope
    if let body = object["body"] {
      if let text = object["text"] {
        diagnostics.error(at: text.range, "\(path) has both \"text\" and \"body\"", hint: "keep one of the two")
      } else if let shape = kind.shape {
        BodyCheck(
          shape: shape, limits: kind.limits, service: kind.rawValue, path: "\(path).body", diagnostics: diagnostics
        ).check(body)
      }
      let plain = kind.membersWithoutMarkup.compactMap { body[$0]?.range }
      return .json(
        BodyTemplate(body) { text, node in
          let isPlain = plain.contains { $0.contains(node.range.lowerBound) }
          return action.context.template(text, at: node, markup: isPlain ? .words : markup, scope: scope)
        })
    }
    guard let node = object["text"] else {
      if digest != nil { return kind.standardDigest.map { .json($0) } ?? .event }
      return kind.standardMessages.map { .standard($0) } ?? .event
    }
    guard kind.takesText else {
      diagnostics.error(
        at: node.range, "\"text\" is for chat destinations",
        hint: "a \(kind) receives the whole event, or what \"body\" says")
      return nil
    }
    guard let text = object.text(node, path: "\(path).text") else { return nil }
    return action.context.template(text, at: node, markup: markup, scope: scope).flatMap(kind.message).map { .json($0) }
  }
}
