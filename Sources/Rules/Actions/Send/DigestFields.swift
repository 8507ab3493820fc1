internal import JSONSource

/// How events are collected into one message.
struct Digest: Sendable, Equatable {
  /// From the first event to the message. 1 s to 7 d.
  var window: Duration
  /// Paths into the event data: events that differ there become messages of their own.
  var by: [[String]] = []
  /// Events that the message can name; the others are counted. 1 to 1,000.
  var most = 50
}

/// `digest` of an action, as it is read.
struct DigestDraft: Sendable {
  var window: Duration?
  var by: [[String]] = []
  var most = 50
}

extension Shape where Target == DigestDraft {
  static let digest = Shape(
    says: "What happens within the window becomes one message.",
    fields: [
      Field(
        "window", .duration(.seconds(1)...(.seconds(7 * 86_400))), to: \.window, isRequired: true, example: #""2m""#,
        "From the first event to the message, 1s to 7d."),
      Field(
        "by", .eventPaths, to: \.by, example: #"["phase"]"#,
        "Fields of the event: events that differ in them become messages of their own."),
      Field(
        "max", .integer(1...1_000), to: \.most, default: "50", example: "20",
        "Events that the message can name, 1 to 1000; the others are counted."),
    ])
}

extension FieldType where Value == [[String]] {
  /// Paths into the event data.
  static let eventPaths = FieldType.list(of: ["$ref": .text("#/$defs/filled")], read: path)

  private static func path(_ node: JSONNode, _ object: ObjectReader, _ context: FieldContext) -> [String]? {
    guard let text = object.text(node, path: "an entry of \(object.pathOf("by"))") else { return nil }
    let keys = DataPath.keys(text)
    let isDeep = keys.map { $0.first == EventFields.attributes && $0.count > 2 } ?? false
    if let keys, let first = keys.first, EventFields.all.contains(first), !isDeep { return keys }
    let first = String(text.prefix { $0 != "." && $0 != "[" })
    context.diagnostics.error(
      at: node.range, "no event has \(text.prefix(60).debugDescription)",
      hint: DataPath.spelling(of: text).map { "write \($0)" } ?? hint(for: first, among: EventFields.all))
    return nil
  }
}

extension FieldType where Value == Digest {
  static let digest = FieldType.object("digest", .digest, from: DigestDraft()) { draft, _ in
    draft.window.map { Digest(window: $0, by: draft.by, most: draft.most) }
  }
}

extension Digest {
  /// What an event has at the paths of `by`: those that are alike are collected together.
  func key(of data: TemplateData) -> String {
    data.key(at: by)
  }
}
