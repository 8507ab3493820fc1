/// The JSON Schema (draft 2020-12) of the rules file, for editors.
///
/// It accepts and refuses the same shapes as the checker. What needs the rest of the file, the environment or a template's
/// grammar (does this destination exist, is this variable set, is this tag closed) only the checker knows.
package enum RuleSchema {
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
        "name": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,255}$"},
        "url": {
          "type": "string",
          "description": "A URL, or references such as ${env:NAME} that make one.",
          "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#:]|\\$\\{"
        },
        "goesOut": {"type": "string", "description": "A template without references.", "not": {"pattern": "\\$\\{"}},
        "body": {
          "description": "JSON of any shape; its strings are templates.",
          "not": {"type": "string", "pattern": "\\$\\{"},
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
            "ca": {"$ref": "#/$defs/filled", "description": "PEM file of the only authorities to trust."}
          }
        },
        "watch": {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "runs": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/name"}},
            "match": {"$ref": "#/$defs/pattern"},
            "interval": {"$ref": "#/$defs/duration", "description": "Average time between two looks, 100ms to 1d."},
            "adaptive": {"type": "boolean", "description": "Looks are laid where an end is likely; default true."},
            "fullSweep": {"$ref": "#/$defs/duration", "description": "Time between two readings of the whole list."},
            "unreachableAfter": {
              "$ref": "#/$defs/duration", "description": "So long without a whole look until sourceUnreachable is told."
            },
            "since": {
              "description": "now, all, a duration or a time: which ended runs count on the first start.",
              "anyOf": [
                {"enum": ["now", "all"]},
                {"$ref": "#/$defs/duration"},
                {
                  "type": "string",
                  "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$"
                }
              ]
            }
          }
        },
        "destination": {
          "type": "object",
          "required": ["type", "url"],
          "additionalProperties": false,
          "properties": {
            "type": {"enum": ["webhook", "slack"]},
            "url": {"$ref": "#/$defs/url"},
            "secret": {"$ref": "#/$defs/secrets"},
            "headers": {
              "type": "object",
              "additionalProperties": false,
              "patternProperties": {
                "^(?!([Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Ll][Ee][Nn][Gg][Tt][Hh]|[Hh][Oo][Ss][Tt]|[Ww][Ee][Bb][Hh][Oo][Oo][Kk]-([Ii][Dd]|[Tt][Ii][Mm][Ee][Ss][Tt][Aa][Mm][Pp]|[Ss][Ii][Gg][Nn][Aa][Tt][Uu][Rr][Ee]))$)[!#$%&'*+.^_`|~0-9A-Za-z-]+$": {
                  "type": "string",
                  "pattern": "^[^\\u0000-\\u001f\\u007f]+$"
                }
              }
            },
            "timeout": {"$ref": "#/$defs/duration", "description": "Of one attempt, 100ms to 10m."},
            "retryFor": {"$ref": "#/$defs/duration", "description": "From the event to the last attempt, up to 30d."},
            "format": {"enum": ["cloudevents", "cloudevents-binary"]},
            "concurrency": {"type": "integer", "minimum": 1, "maximum": 64},
            "rateLimit": {
              "type": "object",
              "description": "At most so many requests in such a time; slack: 1 in 1s by default.",
              "required": ["count", "per"],
              "additionalProperties": false,
              "properties": {
                "count": {"type": "integer", "minimum": 1, "maximum": 10000},
                "per": {"$ref": "#/$defs/duration", "description": "100ms to 1d."}
              }
            },
            "quiet": {"$ref": "#/$defs/quiet"},
            "ca": {"$ref": "#/$defs/filled", "description": "PEM file of the only authorities to trust."},
            "clientCertificate": {"$ref": "#/$defs/filled", "description": "PEM file, for a server that asks for one."},
            "clientKey": {"$ref": "#/$defs/filled", "description": "PEM file with its key, without a passphrase."},
            "http2": {"type": "boolean", "description": "HTTP/2 over TLS, if the server has it. Default: false."},
            "allowPrivate": {
              "type": "boolean",
              "description": "false: only addresses of the internet, none of this machine or a private network. Default: true."
            }
          },
          "dependentRequired": {"clientCertificate": ["clientKey"], "clientKey": ["clientCertificate"]},
          "if": {"properties": {"type": {"not": {"const": "webhook"}}}},
          "then": {"not": {"anyOf": [{"required": ["secret"]}, {"required": ["format"]}]}}
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
        "quiet": {
          "type": "object",
          "description": "When the destination isn't to be disturbed; what would be sent waits for the end.",
          "required": ["from", "to"],
          "additionalProperties": false,
          "properties": {
            "from": {"$ref": "#/$defs/timeOfDay"},
            "to": {"$ref": "#/$defs/timeOfDay", "description": "Earlier than from: on the next day."},
            "tz": {
              "type": "string",
              "description": "A name of the IANA database, such as Asia/Singapore. Default: UTC.",
              "maxLength": 100,
              "pattern": "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"
            },
            "except": {"$ref": "#/$defs/triggers", "description": "What is told all the same."}
          }
        },
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
                  "pattern": "^(/|~$|~/)"
                },
                "checkpoint": {"$ref": "#/$defs/name", "description": "Default: the latest."}
              }
            },
            "then": {"$ref": "#/$defs/actions", "description": "What begins when this was delivered."},
            "onFailure": {"$ref": "#/$defs/actions", "description": "What begins when this has failed for good."},
            "digest": {
              "type": "object",
              "description": "What happens within the window becomes one message.",
              "required": ["window"],
              "additionalProperties": false,
              "properties": {
                "window": {"$ref": "#/$defs/duration"},
                "by": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/filled"}},
                "max": {"type": "integer", "minimum": 1, "maximum": 1000}
              }
            },
            "id": {"$ref": "#/$defs/name"},
            "timeout": {"$ref": "#/$defs/duration"},
            "retryFor": {"$ref": "#/$defs/duration"},
            "workingDirectory": {"$ref": "#/$defs/filled"},
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
        "actions": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/action"}},
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
      }
    }
    """##
}
