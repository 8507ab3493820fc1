internal import JSONSource

/// An entry of `rules`, as it is read. Its pattern and its actions come last: what they may ask for depends on the rest.
struct RuleDraft: Sendable {
  var name: String?
  var triggers = Trigger.groups["terminal"] ?? []
  var holdsFor: Duration?
  var isEnabled = true
  var cooldown: Cooldown?
}

extension Shape where Target == RuleDraft {
  static let rule = Shape(
    says: "What is done when something happens to a run.",
    fields: [
      Field(
        "name", name, to: \.name, isRequired: true, example: #""tell the team""#,
        "Its name in every log line and row: one line of at most 100 characters."),
      Field(
        "on", .triggers, to: \.triggers, default: #""terminal""#, example: #"["failed", "error"]"#,
        """
        What fires it: `pending`, `running`, `succeeded`, `failed`, `error`, `cancelled`; `terminal` (the last four) or \
        `any`; `disappeared` (deleted before it ended), `sourceUnreachable`, `sourceRecovered`, `destinationStopped`.
        """),
      Field(
        "for", .duration(.seconds(1)...(.seconds(365 * 86_400))), to: \.holdsFor, example: #""6h""#,
        """
        With `"on": "running"` or `"pending"`: fires once when a run has been in that phase so long, by the API's clock. \
        1s to 365d.
        """),
      Field(
        "match", ["$ref": .text("#/$defs/pattern")], example: #"{"flow": [{"prefix": "prod-"}]}"#,
        "An event pattern over the event data; without it every run matches."),
      Field("enabled", .bool, to: \.isEnabled, default: "true", example: "false", "False: the rule never fires."),
      Field(
        "cooldown", .cooldown, to: \.cooldown, example: #"{"for": "1h", "by": ["flow"]}"#,
        "After it has fired, the rule rests for so long. What it holds back is counted in its next message, `{{suppressed}}`."
      ),
      Field(
        "actions", ["$ref": .text("#/$defs/actions")], isRequired: true, example: #"[{"send": "team-chat"}]"#,
        "What to do. Actions are independent of each other."),
    ],
    beside: [
      "if": .object(["required": .list([.text("for")])]),
      "then": .object([
        "required": .list([.text("on")]),
        "properties": .object(["on": .object(["anyOf": .list([.object(lasting), .object(listOfLasting)])])]),
      ]),
    ])

  private static let lasting: SchemaPiece = ["enum": .list([.text("pending"), .text("running")])]
  private static let listOfLasting: SchemaPiece = ["type": .text("array"), "items": .object(lasting)]

  private static let name = FieldType<String>.own([
    "type": .text("string"), "minLength": .number(1), "maxLength": .number(100),
    "pattern": .text("^[^\\u0000-\\u001f\\u007f]+$"),
  ]) { node, path, context in
    guard let name = context.text(node, path: path) else { return nil }
    let isPlain =
      name.unicodeScalars.count <= 100 && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    if !isPlain {
      context.diagnostics.error(at: node.range, "the name of a rule is one line of at most 100 characters")
    }
    return name
  }
}

/// `cooldown` of a rule, as it is read.
struct CooldownDraft: Sendable {
  var duration: Duration?
  var by: [[String]] = []
}

extension Shape where Target == CooldownDraft {
  static let cooldown = Shape(
    says: "How long a rule rests after it has fired.",
    fields: [
      Field(
        "for", .duration(.seconds(1)...(.seconds(30 * 86_400))), to: \.duration, isRequired: true, example: #""1h""#,
        "From one firing to the next, 1s to 30d."),
      Field(
        "by", .eventPaths, to: \.by, example: #"["flow"]"#,
        "Fields of the event: events that differ in them are told of independently."),
    ])
}

extension FieldType where Value == Cooldown {
  static let cooldown = FieldType.object("cooldown", .cooldown, from: CooldownDraft()) { draft, _ in
    draft.duration.map { Cooldown(duration: $0, by: draft.by) }
  }
}
