extension RuleSchema {
  /// Rules and their actions.
  static let rules = ##"""
        "rule": {
          "type": "object",
          "required": ["name", "actions"],
          "additionalProperties": false,
          "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[^\\u0000-\\u001f\\u007f]+$"},
            "on": {"$ref": "#/$defs/triggers"},
            "for": {"$ref": "#/$defs/duration", "description": "Fires when a run has stayed in the phase so long."},
            "match": {"$ref": "#/$defs/pattern"},
            "actions": {"$ref": "#/$defs/actions"}
          },
          "if": {"required": ["for"]},
          "then": {
            "required": ["on"],
            "properties": {
              "on": {
                "anyOf": [
                  {"enum": ["pending", "running"]}, {"type": "array", "items": {"enum": ["pending", "running"]}}
                ]
              }
            }
          }
        },
        "action": {
          "type": "object",
          "oneOf": [
            {"required": ["send"]}, {"required": ["run"]}, {"required": ["shell"]}, {"required": ["download"]}
          ],
          "additionalProperties": false,
          "properties": {
            "send": {"$ref": "#/$defs/filled"},
            "text": {"$ref": "#/$defs/goesOut", "minLength": 1},
            "body": {"$ref": "#/$defs/body"},
            "run": {
              "type": "array",
              "minItems": 1,
              "prefixItems": [{"$ref": "#/$defs/goesOut", "minLength": 1}],
              "items": {"$ref": "#/$defs/goesOut"}
            },
            "shell": {"type": "string", "minLength": 1, "not": {"pattern": "\\{\\{"}},
            "download": {
              "type": "object",
              "description": "The run's model, in the layout of the vendor's SDK.",
              "additionalProperties": false,
              "properties": {
                "to": {
                  "type": "string",
                  "description": "The directory of models. Default: ~/.datature/vi/models.",
                  "pattern": "^(/|~$|~/)",
                  "not": {"pattern": "\\{\\{"}
                },
                "checkpoint": {"$ref": "#/$defs/name", "description": "Default: the latest."}
              }
            },
            "then": {"$ref": "#/$defs/actions", "description": "What begins when this was delivered."},
            "onFailure": {"$ref": "#/$defs/actions", "description": "What begins when this has failed for good."},
            "digest": {"$ref": "#/$defs/digest"},
            "id": {"$ref": "#/$defs/name"},
            "timeout": {"$ref": "#/$defs/duration"},
            "retryFor": {"$ref": "#/$defs/duration"},
            "workingDirectory": {"$ref": "#/$defs/noTemplate"},
            "user": {
              "type": "string",
              "description": "user or user:group to run as; only root can.",
              "pattern": "^[A-Za-z0-9_.$][A-Za-z0-9_.$-]*(:[A-Za-z0-9_.$][A-Za-z0-9_.$-]*)?$"
            },
            "umask": {"type": "string", "description": "Octal, such as 027.", "pattern": "^0?[0-7]{3}$"},
            "once": {"type": "boolean", "description": "Never run it twice, even after a kill."},
            "concurrency": {
              "type": "integer",
              "description": "So many of this action at once. Default: all hooks share 4, all downloads 2.",
              "minimum": 1,
              "maximum": 64
            },
            "env": {
              "type": "object",
              "additionalProperties": false,
              "patternProperties": {"^(?!VI_)[A-Za-z0-9_]+$": {"$ref": "#/$defs/filled"}}
            }
          },
          "allOf": [
            {
              "if": {"required": ["send"]},
              "then": {
                "not": {
                  "anyOf": [
                    {"required": ["concurrency"]}, {"required": ["text", "body"]}, {"required": ["digest", "then"]},
                    {"required": ["digest", "onFailure"]}
                  ]
                }
              },
              "else": {"not": {"anyOf": [{"required": ["text"]}, {"required": ["body"]}, {"required": ["digest"]}]}}
            },
            {
              "if": {"anyOf": [{"required": ["send"]}, {"required": ["download"]}]},
              "then": {
                "not": {
                  "anyOf": [
                    {"required": ["env"]}, {"required": ["workingDirectory"]}, {"required": ["user"]},
                    {"required": ["umask"]}, {"required": ["once"]}
                  ]
                }
              }
            },
            {
              "if": {"properties": {"once": {"const": true}}, "required": ["once"]},
              "then": {"not": {"required": ["retryFor"]}}
            }
          ]
        },
        "actions": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/action"}}
    """##
}
