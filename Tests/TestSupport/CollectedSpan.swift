internal import JSONSource

/// A span as a collector reads it. Reading is strict: every member must be one that the protocol has, in the form that OTLP/JSON asks for
/// (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding").
package struct CollectedSpan: Sendable {
  package let trace: String
  package let id: String
  package let parent: String?
  package let name: String
  package let kind: String
  package let start: Int64
  package let end: Int64
  /// Lists joined by commas.
  package let attributes: [String: String]
  package let failure: String?

  package struct Export: Sendable {
    package let resource: [String: String]
    package let spans: [CollectedSpan]
  }

  package struct Malformed: Error, CustomStringConvertible {
    package let description: String
  }

  package static func read(_ body: [UInt8]) throws -> Export {
    let root = try JSONDocument(parsing: body).root
    let all = try members(root, ["resourceSpans"])["resourceSpans"]?.elements ?? []
    var (resource, spans) = ([String: String](), [CollectedSpan]())
    for part in all {
      let part = try members(part, ["resource", "scopeSpans"])
      resource = try attributes(try members(part["resource"], ["attributes"])["attributes"])
      for scope in part["scopeSpans"]?.elements ?? [] {
        let scope = try members(scope, ["scope", "spans"])
        guard try members(scope["scope"], ["name"])["name"]?.string == "vi-notify" else { throw fault("scope") }
        spans += try (scope["spans"]?.elements ?? []).map(CollectedSpan.init)
      }
    }
    return Export(resource: resource, spans: spans)
  }

  private init(_ node: JSONNode) throws {
    let span = try Self.members(
      node, ["traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes", "status"],
      mayHave: ["parentSpanId"])
    trace = try Self.hexadecimal(span["traceId"], 32)
    id = try Self.hexadecimal(span["spanId"], 16)
    parent = try span["parentSpanId"].map { try Self.hexadecimal($0, 16) }
    guard let name = span["name"]?.string, let kind = span["kind"]?.number, ["1", "3"].contains(kind),
      let start = span["startTimeUnixNano"]?.string.flatMap({ Int64($0) }),
      let end = span["endTimeUnixNano"]?.string.flatMap({ Int64($0) }), start <= end, start > 0
    else { throw Self.fault("span") }
    (self.name, self.kind, self.start, self.end) = (name, kind == "3" ? "client" : "internal", start, end)
    attributes = try Self.attributes(span["attributes"])
    let status = try Self.members(span["status"], [], mayHave: ["code", "message"])
    guard status.isEmpty || status["code"]?.number == "2" else { throw Self.fault("status") }
    failure = status["message"]?.string
  }

  private static func attributes(_ node: JSONNode?) throws -> [String: String] {
    var found: [String: String] = [:]
    for attribute in node?.elements ?? [] {
      let attribute = try members(attribute, ["key", "value"])
      guard let key = attribute["key"]?.string else { throw fault("key") }
      found[key] = try value(attribute["value"])
    }
    return found
  }

  private static func value(_ node: JSONNode?) throws -> String {
    let value = try members(node, [], mayHave: ["stringValue", "intValue", "arrayValue"])
    guard value.count == 1 else { throw fault("value") }
    if let text = value["stringValue"]?.string { return text }
    if let number = value["intValue"]?.string, Int64(number) != nil { return number }
    let list = try members(value["arrayValue"], ["values"])["values"]?.elements ?? []
    return try list.map(self.value).joined(separator: ",")
  }

  private static func members(
    _ node: JSONNode?, _ names: Set<String>, mayHave others: Set<String> = []
  ) throws -> [String: JSONNode] {
    guard let members = node?.members else { throw fault("no object with \(names.sorted())") }
    let found = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
    guard found.count == members.count, names.isSubset(of: found.keys), names.union(others).isSuperset(of: found.keys)
    else { throw fault("\(found.keys.sorted())") }
    return found
  }

  private static func hexadecimal(_ node: JSONNode?, _ length: Int) throws -> String {
    guard let text = node?.string, text.utf8.count == length, text.allSatisfy({ "0123456789abcdef".contains($0) }),
      text.contains(where: { $0 != "0" })
    else { throw fault("an id") }
    return text
  }

  private static func fault(_ what: String) -> Malformed { Malformed(description: "no OTLP/JSON: \(what)") }
}
