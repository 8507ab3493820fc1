/// The JSON Schema (draft 2020-12) of the rules file, for editors.
///
/// It accepts and refuses the same shapes as the checker. What needs the rest of the file, the environment or a template's
/// grammar (does this destination exist, is this variable set, is this tag closed) only the checker knows.
package enum RuleSchema {
  /// The objects that are described by their fields.
  private static let objects =
    ([
      ("source", Shape.source.schema), ("watch", Shape.watch.schema), ("rule", Shape.rule.schema),
      ("cooldown", Shape.cooldown.schema), ("action", ActionType.schema), ("download", Shape.download.schema),
      ("rateLimit", Shape.rateLimit.schema),
      ("quiet", Shape.quiet.schema),
      ("digest", Shape.digest.schema), ("destination", DestinationType.schema),
    ] + ActionType.all.map { ($0.definition, $0.schema) } + DestinationType.all.map { ($0.definition, $0.schema) })
    .map { "    \"\($0)\": \($1.text(indent: 4))" }.joined(separator: ",\n")

  /// The members of the whole file: those of an object, without its braces.
  private static let members = String(Shape.file.schema.text().dropFirst(2).dropLast(2))

  package static let text = ##"""
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "vi-notify rules",
    \##(members),
      "$defs": {
        "filled": {"type": "string", "minLength": 1},
        "noTemplate": {"type": "string", "minLength": 1, "not": {"pattern": "\\{\\{"}},
        "name": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,255}$"},
        "url": {
          "type": "string",
          "description": "A URL, or references such as ${env:NAME} that make one.",
          "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#:]|\\$\\{",
          "not": {"pattern": "\\{\\{"}
        },
        "goesOut": {"type": "string", "description": "A template without references.", "not": {"pattern": "\\$\\{(env|file|credential):"}},
        "body": {
          "description": "JSON of any shape; its strings are templates.",
          "not": {"type": "string", "pattern": "\\$\\{(env|file|credential):"},
          "items": {"$ref": "#/$defs/body"},
          "additionalProperties": {"$ref": "#/$defs/body"}
        },
        "duration": {
          "type": "string",
          "description": "Such as 500ms, 30s, 5m, 2h30m or 7d.",
          "pattern": "^(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"
        },
        "secrets": {
          "anyOf": [
            {"$ref": "#/$defs/filled"},
            {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/filled"}}
          ]
        },
        "trigger": {
          "enum": [
            "pending", "running", "succeeded", "failed", "error", "cancelled", "terminal", "any", "disappeared",
            "sourceUnreachable", "sourceRecovered", "destinationStopped"
          ]
        },
        "triggers": {
          "anyOf": [
            {"$ref": "#/$defs/trigger"},
            {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/trigger"}}
          ]
        },
        "actions": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/action"}},
        "timeOfDay": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
    \##(objects),
    \##(patterns)
      }
    }
    """##
}
