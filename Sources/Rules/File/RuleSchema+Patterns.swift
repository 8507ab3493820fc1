extension RuleSchema {
  /// Event patterns.
  static let patterns = ##"""
        "pattern": {
          "type": "object",
          "description": "An event pattern as AWS EventBridge has them, over the event data.",
          "minProperties": 1,
          "properties": {"$or": {"$ref": "#/$defs/choice"}},
          "additionalProperties": {"anyOf": [{"$ref": "#/$defs/pattern"}, {"$ref": "#/$defs/alternatives"}]}
        },
        "choice": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/choicePattern"}},
        "choicePattern": {
          "type": "object",
          "description": "Inside $or an operator can't be the name of a field.",
          "minProperties": 1,
          "propertyNames": {
            "not": {
              "enum": [
                "exactly", "prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but",
                "numeric", "exists", "cidr", "=", "<", "<=", ">", ">=", "regex", "not-wildcard",
                "not-equals-ignore-case", "date-after", "date-on-or-after", "date-before",
                "date-on-or-before", "in-date-range", "ip-address-in-range",
                "ip-address-not-in-range"
              ]
            }
          },
          "properties": {"$or": {"$ref": "#/$defs/choice"}},
          "additionalProperties": {"anyOf": [{"$ref": "#/$defs/choicePattern"}, {"$ref": "#/$defs/alternatives"}]}
        },
        "alternatives": {
          "type": "array",
          "minItems": 1,
          "items": {"anyOf": [{"type": ["string", "number", "boolean", "null"]}, {"$ref": "#/$defs/operator"}]}
        },
        "caseless": {
          "type": "object",
          "required": ["equals-ignore-case"],
          "additionalProperties": false,
          "properties": {"equals-ignore-case": {"type": "string"}}
        },
        "wildcard": {"type": "string", "pattern": "^([^*\\\\]|\\*(?!\\*)|\\\\[*\\\\])*$"},
        "texts": {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]},
        "affixes": {
          "anyOf": [{"$ref": "#/$defs/filled"}, {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/filled"}}]
        },
        "operator": {
          "type": "object",
          "minProperties": 1,
          "maxProperties": 1,
          "additionalProperties": false,
          "properties": {
            "exactly": {"type": "string"},
            "prefix": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/caseless"}]},
            "suffix": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/caseless"}]},
            "equals-ignore-case": {"type": "string"},
            "wildcard": {"$ref": "#/$defs/wildcard"},
            "exists": {"type": "boolean"},
            "cidr": {"type": "string", "pattern": "^[0-9A-Fa-f:.]+/[0-9]{1,3}$"},
            "numeric": {
              "type": "array",
              "minItems": 2,
              "maxItems": 4,
              "prefixItems": [
                {"enum": ["=", "<", "<=", ">", ">="]}, {"type": "number"}, {"enum": ["<", "<="]}, {"type": "number"}
              ],
              "not": {"minItems": 3, "maxItems": 3},
              "if": {"minItems": 4},
              "then": {"prefixItems": [{"enum": [">", ">="]}]}
            },
            "anything-but": {
              "anyOf": [
                {"type": ["string", "number"]},
                {"type": "array", "minItems": 1, "items": {"type": "string"}},
                {"type": "array", "minItems": 1, "items": {"type": "number"}},
                {
                  "type": "object",
                  "minProperties": 1,
                  "maxProperties": 1,
                  "additionalProperties": false,
                  "properties": {
                    "prefix": {"$ref": "#/$defs/affixes"},
                    "suffix": {"$ref": "#/$defs/affixes"},
                    "equals-ignore-case": {"$ref": "#/$defs/texts"},
                    "wildcard": {
                      "anyOf": [
                        {"$ref": "#/$defs/wildcard"},
                        {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/wildcard"}}
                      ]
                    }
                  }
                }
              ]
            }
          }
        }
    """##
}
