import JSONSource

/// Parser, writer and scanner: what each says of a text must fit what the others say.
struct JSONCheck: FuzzCheck {
  func check(_ input: [UInt8]) throws -> String {
    let (document, errors) = JSONParser.parse(input)
    let (relaxed, relaxedErrors) = JSONParser.parse(input, options: .relaxed)
    for error in errors + relaxedErrors where !(0...input.count).contains(error.offset) {
      throw Broken(description: "the mistake \(error) stands at \(error.offset) of \(input.count)")
    }
    try placed(document.root, in: 0..<input.count)
    try placed(relaxed.root, in: 0..<input.count)
    try scan(input, document.root, isValid: errors.isEmpty)
    guard errors.isEmpty else { return signature(errors) + "|" + signature(relaxedErrors) }
    try roundTrip(document)
    return "valid \(shape(document.root, depth: 3))|\(signature(relaxedErrors))"
  }

  /// A node lies in its parent, behind its elder brother.
  private func placed(_ node: JSONNode, in range: Range<Int>) throws {
    guard range.lowerBound <= node.range.lowerBound, node.range.upperBound <= range.upperBound else {
      throw Broken(description: "a node at \(node.range) leaves its parent's \(range)")
    }
    var from = node.range.lowerBound
    for element in node.elements ?? [] {
      try placed(element, in: from..<node.range.upperBound)
      from = element.range.upperBound
    }
    for member in node.members ?? [] {
      guard from <= member.keyRange.lowerBound, member.keyRange.upperBound <= member.value.range.lowerBound else {
        throw Broken(description: "the key at \(member.keyRange) is out of order")
      }
      try placed(member.value, in: member.keyRange.upperBound..<node.range.upperBound)
      from = member.value.range.upperBound
    }
  }

  private func roundTrip(_ document: JSONDocument) throws {
    var writer = JSONWriter()
    write(document.root, into: &writer)
    let (again, errors) = JSONParser.parse(writer.bytes)
    guard errors.isEmpty, isSame(document.root, again.root) else {
      throw Broken(description: "what was written is read as something else: \(errors)")
    }
  }

  private func write(_ node: JSONNode, into json: inout JSONWriter) {
    switch node.content {
    case .null, .invalid: json.null()
    case .bool(let value): json.bool(value)
    case .number(let text): json.raw(text.utf8)
    case .string(let text): json.string(text)
    case .array(let elements): json.array(elements) { write($1, into: &$0) }
    case .object(let members):
      json.object { json in
        for member in members { json.member(member.key) { write(member.value, into: &$0) } }
      }
    }
  }

  private func isSame(_ left: JSONNode, _ right: JSONNode) -> Bool {
    switch (left.content, right.content) {
    case (.null, .null): true
    case (.bool(let one), .bool(let other)): one == other
    case (.number(let one), .number(let other)), (.string(let one), .string(let other)):
      one.utf8.elementsEqual(other.utf8)
    case (.array(let some), .array(let others)):
      some.count == others.count && zip(some, others).allSatisfy { isSame($0, $1) }
    case (.object(let some), .object(let others)):
      some.count == others.count
        && zip(some, others).allSatisfy { $0.key.utf8.elementsEqual($1.key.utf8) && isSame($0.value, $1.value) }
    default: false
    }
  }
}

/// The scanner against the parser.
extension JSONCheck {
  private func scan(_ input: [UInt8], _ root: JSONNode, isValid: Bool) throws {
    try input.withUnsafeBytes { bytes in
      var skipping = JSONScanner(bytes)
      let range = skipping.skip()
      if let range, range.upperBound > input.count {
        throw Broken(description: "the scanner left the text: \(range) of \(input.count)")
      }
      guard isValid else { return }
      guard range == root.range, skipping.isAtEnd() else {
        throw Broken(description: "the parser sees \(root.range), the scanner \(String(describing: range))")
      }
      var walking = JSONScanner(bytes)
      guard agrees(root, &walking), walking.isAtEnd() else {
        throw Broken(description: "parser and scanner differ about where a value ends")
      }
    }
  }

  private func agrees(_ node: JSONNode, _ scanner: inout JSONScanner) -> Bool {
    switch node.content {
    case .array(let elements):
      var rest = elements[...]
      return scanner.array { scanner in rest.popFirst().map { agrees($0, &scanner) } ?? false } && rest.isEmpty
    case .object(let members):
      var rest = members[...]
      let isFine = scanner.object { key, scanner in
        guard let member = rest.popFirst() else { return false }
        let inner = member.keyRange.lowerBound + 1..<member.keyRange.upperBound - 1
        return key == inner && agrees(member.value, &scanner)
      }
      return isFine && rest.isEmpty
    default: return scanner.skip() == node.range
    }
  }

  private func signature(_ errors: [JSONSyntaxError]) -> String {
    errors.prefix(3).map { String($0.description.filter { $0.isLetter || $0 == " " }.prefix(40)) }.joined(
      separator: ";")
      + "\(min(errors.count, 50))"
  }

  /// The kinds of the first values.
  private func shape(_ node: JSONNode, depth: Int) -> String {
    let inner = (node.elements ?? []) + (node.members ?? []).map(\.value)
    guard depth > 0, !inner.isEmpty else { return String(node.kind.suffix(3)) }
    return "[\(inner.prefix(4).map { shape($0, depth: depth - 1) }.joined(separator: ","))]"
  }
}
