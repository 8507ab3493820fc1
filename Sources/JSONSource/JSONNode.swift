/// One value of a JSON text, with its place.
///
/// Numbers keep their digits (`1.10` stays `1.10`); an object keeps its members in order, including duplicates.
package struct JSONNode: Sendable {
  package enum Content: Sendable {
    case null
    case bool(Bool)
    /// The number's text, which is valid by RFC 8259.
    case number(String)
    /// The string after unescaping; a lone surrogate escape becomes U+FFFD.
    case string(String)
    case array([JSONNode])
    case object([JSONMember])
    /// Replaces a value with a reported syntax error, so that the rest of the text can still be checked.
    case invalid
  }

  package let content: Content
  /// Byte offsets in the source, from the first byte of the value to after its last.
  package let range: Range<Int>

  package init(_ content: Content, at range: Range<Int>) {
    self.content = content
    self.range = range
  }
}

package struct JSONMember: Sendable {
  package let key: String
  /// Byte offsets of the key with its quotation marks.
  package let keyRange: Range<Int>
  package let value: JSONNode

  package init(key: String, keyRange: Range<Int>, value: JSONNode) {
    self.key = key
    self.keyRange = keyRange
    self.value = value
  }
}

extension JSONNode {
  package var isNull: Bool {
    if case .null = content { true } else { false }
  }

  package var string: String? {
    if case .string(let value) = content { value } else { nil }
  }

  package var bool: Bool? {
    if case .bool(let value) = content { value } else { nil }
  }

  /// The number's text as written.
  package var number: String? {
    if case .number(let text) = content { text } else { nil }
  }

  /// A whole number that fits in 64 bits; `1.766e12` is one, `1.5` isn't.
  package var integer: Int64? {
    guard case .number(let text) = content else { return nil }
    return Int64(text) ?? Double(text).flatMap { Int64(exactly: $0) }
  }

  package var elements: [JSONNode]? {
    if case .array(let elements) = content { elements } else { nil }
  }

  package var members: [JSONMember]? {
    if case .object(let members) = content { members } else { nil }
  }

  /// The member's value; for duplicate keys the last one, like most readers.
  package subscript(key: String) -> JSONNode? {
    members?.last { $0.key == key }?.value
  }

  /// Like the subscript, but a null member counts as absent.
  package func present(_ key: String) -> JSONNode? {
    self[key].flatMap { $0.isNull ? nil : $0 }
  }

  /// The type of this value in words for a message: `a string`, `an object`.
  package var kind: String {
    switch content {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    case .invalid: "nothing readable"
    }
  }

  /// Whether no object in this value repeats a key.
  package var hasUniqueKeys: Bool {
    switch content {
    case .array(let elements): elements.allSatisfy(\.hasUniqueKeys)
    case .object(let members):
      Set(members.map(\.key)).count == members.count && members.allSatisfy { $0.value.hasUniqueKeys }
    default: true
    }
  }
}
