internal import JSONSource

/// The outermost members of a rules file, as they are read.
struct FileDraft: Sendable {
  var version: Int?
  var schema: String?
  var retention: Duration?
  var takeOver: Duration?
}

extension Shape where Target == FileDraft {
  static let file = Shape(
    says: "The rules of vi-notify.",
    fields: [
      Field(
        "$schema", .filled, to: \.schema, example: #""./rules.schema.json""#,
        "Where the schema is, for editors; ignored."),
      Field("version", version, to: \.version, isRequired: true, example: "1", "The version of this language: 1."),
      Field(
        "retention", .duration(.seconds(86_400)...(.seconds(3_650 * 86_400))), to: \.retention, default: #""90d""#,
        example: #""30d""#, "How long settled deliveries and their events are kept, 1d to 3650d."),
      Field(
        "takeOver", .duration(.seconds(60)...(.seconds(7 * 86_400))), to: \.takeOver, default: #""10m""#,
        example: #""1h""#,
        "How long a machine that shares the state may be gone before a chain whose files it has begins again elsewhere, 1m to 7d."
      ),
      Field(
        "source", ["$ref": .text("#/$defs/source")], example: #"{"organization": "org_0123"}"#,
        "Where the runs are; by default the variables of the vendor's SDK."),
      Field(
        "watch", ["$ref": .text("#/$defs/watch")], example: #"{"interval": "1m"}"#,
        "Which runs are watched, and how often the API is asked."),
      Field(
        "destinations", destinations, example: #"{"team-chat": {"type": "slack", "url": "${env:SLACK_URL}"}}"#,
        "Who can be told, by name. Each has a `type`, the fields of that type, and those that all have."),
      Field(
        "rules", ["type": .text("array"), "minItems": .number(1), "items": .object(["$ref": .text("#/$defs/rule")])],
        isRequired: true, example: #"[{"name": "tell the team", "actions": [{"send": "team-chat"}]}]"#,
        "What is done, and when."),
    ])

  private static let destinations: SchemaPiece = [
    "type": .text("object"), "additionalProperties": .bool(false),
    "patternProperties": .object([
      "^(?!(hook|download|include|lost-step)$)[A-Za-z0-9_-]{1,60}$": .object(["$ref": .text("#/$defs/destination")])
    ]),
  ]

  private static let version = FieldType<Int>.own(["const": .number(1)]) { node, _, context in
    if node.integer == 1 { return 1 }
    context.diagnostics.error(
      at: node.range, "this version of the rules file is unknown", hint: "write \"version\": 1")
    return nil
  }
}
