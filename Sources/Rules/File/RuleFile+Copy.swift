internal import JSONSource

extension RuleFile {
  /// What reading a rules file brought to light.
  package struct Reading: Sendable {
    /// Nil when there is an error among the diagnostics.
    package let file: RuleFile?
    package let diagnostics: [Diagnostic]
    package let masks: [SecretMask]
  }

  /// A rules file as it may be kept: strict JSON without its comments, and with its secrets masked. Only where they stand: the
  /// same word elsewhere in the file is none.
  package static func copy(of bytes: [UInt8], masking masks: [SecretMask]) -> [UInt8] {
    let texts = Dictionary(masks.map { ($0.range.lowerBound, $0.text) }) { first, _ in first }
    var json = JSONWriter()
    write(JSONParser.parse(bytes, options: .relaxed).0.root, masking: texts, into: &json)
    return json.bytes
  }

  private static func write(_ node: JSONNode, masking texts: [Int: String], into json: inout JSONWriter) {
    switch node.content {
    case .array(let elements): json.array(elements) { write($1, masking: texts, into: &$0) }
    case .object(let members):
      json.object { json in
        for member in members { json.member(member.key) { write(member.value, masking: texts, into: &$0) } }
      }
    case .string: if let text = texts[node.range.lowerBound] { json.string(text) } else { json.value(node) }
    case .null, .bool, .number, .invalid: json.value(node)
    }
  }
}
