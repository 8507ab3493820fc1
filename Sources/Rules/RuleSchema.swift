/// The JSON Schema (draft 2020-12) of the rules file, for editors.
///
/// It accepts and refuses the same shapes as the checker. What needs the rest of the file, the environment or a template's
/// grammar (does this destination exist, is this variable set, is this tag closed) only the checker knows.
package enum RuleSchema {
  /// The objects that are described by their fields.
  private static let objects =
    ([
      ("watch", Shape.watch.schema), ("rateLimit", Shape.rateLimit.schema), ("quiet", Shape.quiet.schema),
      ("digest", Shape.digest.schema), ("destination", DestinationType.schema),
    ] + DestinationType.all.map { ($0.definition, $0.schema) })
    .map { "    \"\($0)\": \($1.text(indent: 4))" }.joined(separator: ",\n")

  package static let text = ##"""
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "vi-notify rules",
      "type": "object",
      "required": ["version", "rules"],
      "additionalProperties": false,
      "properties": {
        "$schema": {"$ref": "#/$defs/filled", "description": "Where this schema is, for editors."},
        "version": {"const": 1},
        "retention": {"$ref": "#/$defs/duration", "description": "How long what is settled is kept, 1d to 3650d."},
        "source": {"$ref": "#/$defs/source"},
        "watch": {"$ref": "#/$defs/watch"},
        "destinations": {
          "type": "object",
          "additionalProperties": false,
          "patternProperties": {"^(?!(hook|download|lost-step)$)[A-Za-z0-9_-]{1,60}$": {"$ref": "#/$defs/destination"}}
        },
        "rules": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/rule"}}
      },
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
        "source": {
          "type": "object",
          "description": "Where the runs are; by default the variables of the vendor's SDK.",
          "additionalProperties": false,
          "properties": {
            "endpoint": {"$ref": "#/$defs/filled"},
            "organization": {"$ref": "#/$defs/filled"},
            "secretKey": {"$ref": "#/$defs/filled", "description": "${env:NAME} or ${file:/path}"},
            "ca": {"$ref": "#/$defs/filled", "description": "PEM file of the only authorities to trust."},
            "link": {
              "type": "string",
              "description": "Where people look at a run: {{runUrl}} in templates.",
              "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"
            }
          }
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
        "timeOfDay": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
    \##(objects),
    \##(rules),
    \##(patterns)
      }
    }
    """##
}
