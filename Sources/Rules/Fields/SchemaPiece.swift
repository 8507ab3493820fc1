internal import JSONSource

/// A piece of JSON Schema: an object with its members in order, so that the schema reads as its fields do.
struct SchemaPiece: Sendable, ExpressibleByDictionaryLiteral {
  indirect enum Value: Sendable {
    case text(String)
    case number(Int)
    case bool(Bool)
    case list([Value])
    case object(SchemaPiece)
    /// JSON as it is.
    case json(String)
  }

  private(set) var members: [(key: String, value: Value)] = []

  init(dictionaryLiteral elements: (String, Value)...) {
    members = elements.map { ($0.0, $0.1) }
  }

  /// This piece with the members of another behind its own. A member that both have stays as it is here.
  func with(_ other: SchemaPiece) -> SchemaPiece {
    var all = self
    all.members += other.members.filter { member in !members.contains { $0.key == member.key } }
    return all
  }

  mutating func add(_ key: String, _ value: Value) {
    members.append((key, value))
  }

  /// JSON. What fits into a line stands in one.
  func text(indent: Int = 0, width: Int = 120) -> String {
    let line = "{" + members.map { "\(quoted($0.key)): \($0.value.line)" }.joined(separator: ", ") + "}"
    if indent + line.count <= width { return line }
    let inside = String(repeating: " ", count: indent + 2)
    let lines = members.map { "\(inside)\(quoted($0.key)): \($0.value.text(indent: indent + 2, width: width))" }
    return "{\n\(lines.joined(separator: ",\n"))\n\(String(repeating: " ", count: indent))}"
  }
}

extension SchemaPiece.Value {
  fileprivate var line: String { text(indent: 0, width: .max) }

  fileprivate func text(indent: Int, width: Int) -> String {
    switch self {
    case .text(let text): return quoted(text)
    case .number(let number): return String(number)
    case .bool(let flag): return flag ? "true" : "false"
    case .json(let text): return text
    case .object(let piece): return piece.text(indent: indent, width: width)
    case .list(let elements):
      let line = "[" + elements.map(\.line).joined(separator: ", ") + "]"
      if width == .max || indent + line.count <= width { return line }
      let inside = String(repeating: " ", count: indent + 2)
      let lines = elements.map { "\(inside)\($0.text(indent: indent + 2, width: width))" }
      return "[\n\(lines.joined(separator: ",\n"))\n\(String(repeating: " ", count: indent))]"
    }
  }
}

private func quoted(_ text: String) -> String {
  var json = JSONWriter()
  json.string(text)
  return String(decoding: json.bytes, as: UTF8.self)
}
