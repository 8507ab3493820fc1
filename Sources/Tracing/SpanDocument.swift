internal import JSONSource
internal import Runs

/// Spans as OTLP/JSON: names in camelCase, ids in hexadecimal, 64-bit numbers as strings (opentelemetry.io/docs/specs/otlp,
/// "JSON Protobuf Encoding").
enum SpanDocument {
  static func json(_ spans: [Span], resource: [(key: String, value: String)]) -> [UInt8] {
    JSONWriter.object { json in
      json.member("resourceSpans") { json in
        json.array { json in
          json.object { json in
            json.member("resource") { json in
              json.object { $0.attributes(resource.map { ($0.key, .text($0.value)) }) }
            }
            json.member("scopeSpans") { json in
              json.array { json in
                json.object { json in
                  json.member("scope") { $0.object { $0.member("name", "vi-notify") } }
                  json.member("spans") { $0.array(spans) { $0.span($1) } }
                }
              }
            }
          }
        }
      }
    }
  }

  /// How many spans a collector that took the rest has refused, and why; nil: it took all, or says nothing that can be read.
  static func refused(_ body: [UInt8]) -> (count: Int, why: String)? {
    guard let partial = (try? JSONDocument(parsing: body))?.root["partialSuccess"],
      let text = partial["rejectedSpans"].flatMap({ $0.string ?? $0.number }), let count = Int(text), count > 0
    else { return nil }
    return (count, partial["errorMessage"]?.string ?? "")
  }
}

extension JSONWriter {
  /// `STATUS_CODE_ERROR`
  private static let failed = 2

  fileprivate mutating func span(_ span: Span) {
    object { json in
      json.member("traceId", span.trace)
      json.member("spanId", span.id)
      if let parent = span.parent { json.member("parentSpanId", parent) }
      json.member("name", span.name)
      json.member("kind", span.kind.rawValue)
      json.member("startTimeUnixNano", Self.nanoseconds(span.start))
      json.member("endTimeUnixNano", Self.nanoseconds(span.end))
      json.attributes(span.attributes)
      json.member("status") { json in
        json.object { json in
          guard let failure = span.failure else { return }
          json.member("code", Self.failed)
          json.member("message", failure)
        }
      }
    }
  }

  fileprivate mutating func attributes(_ attributes: [(key: String, value: Span.Value)]) {
    member("attributes") { json in
      json.array(attributes) { json, attribute in
        json.object { json in
          json.member("key", attribute.key)
          json.member("value") { $0.attribute(attribute.value) }
        }
      }
    }
  }

  private mutating func attribute(_ value: Span.Value) {
    object { json in
      switch value {
      case .text(let text): json.member("stringValue", text)
      case .number(let number): json.member("intValue", "\(number)")
      case .texts(let texts):
        json.member("arrayValue") { json in
          json.object { json in json.member("values") { $0.array(texts) { $0.attribute(.text($1)) } } }
        }
      }
    }
  }

  /// Before 1970 there were no spans; a clock that shows it is wrong, and the protocol has no negative times.
  private static func nanoseconds(_ time: Timestamp) -> String {
    let (nanoseconds, isTooLate) = max(0, time.milliseconds).multipliedReportingOverflow(by: 1_000_000)
    return "\(isTooLate ? .max : nanoseconds)"
  }
}
