import JSONSource

extension PatternReader {
  mutating func readAnythingBut(_ node: JSONNode, at path: String) -> ValueTest? {
    switch node.content {
    case .object: return readAnythingButOperator(node, at: path)
    case .array(let elements):
      return readList(node, elements, at: path, { $0.readExcluded($1, at: $2) }).flatMap { tests in
        let numbers = tests.count { if case .number = $0 { true } else { false } }
        if numbers == 0 || numbers == tests.count { return .anythingBut(tests) }
        report(node, path, "write only strings or only numbers, not both", nil)
        return nil
      }
    default: return readExcluded(node, at: path).map { .anythingBut([$0]) }
    }
  }

  /// An excluded value.
  private mutating func readExcluded(_ node: JSONNode, at path: String) -> ValueTest? {
    switch node.content {
    case .string(let text): return .string(Array(text.utf8))
    case .number: return comparable(node, at: path).map { .number(.comparable($0)) }
    default:
      report(node, path, "write a string or a number, not \(node.shown)", "or a list of them, or an operator")
      return nil
    }
  }

  private mutating func readAnythingButOperator(_ node: JSONNode, at path: String) -> ValueTest? {
    let allowed = "prefix, suffix, equals-ignore-case, wildcard"
    guard let member = onlyMember(node, at: path, allowed: allowed) else { return nil }
    let inner = "\(path).\(member.key)"
    let read: (inout PatternReader, JSONNode, String) -> ValueTest?
    switch PatternOperator(rawValue: member.key) {
    case .prefix: read = { $0.readAffix($1, at: $2).map { .prefix($0) } }
    case .suffix: read = { $0.readAffix($1, at: $2).map { .suffix($0) } }
    case .equalsIgnoreCase: read = { $0.readText($1, at: $2).map { .caseless(CaselessText($0)) } }
    case .wildcard: read = { $0.readWildcard($1, at: $2) }
    default:
      reportUnknown(member, at: inner, allowed: allowed)
      return nil
    }
    guard let elements = member.value.elements else {
      return read(&self, member.value, inner).map { .anythingBut([$0]) }
    }
    return readList(member.value, elements, at: inner, read).map { .anythingBut($0) }
  }

  private mutating func readAffix(_ node: JSONNode, at path: String) -> [UInt8]? {
    guard let text = readText(node, at: path) else { return nil }
    if !text.isEmpty { return Array(text.utf8) }
    report(node, path, "write at least one character, not \"\"", "every string begins and ends with \"\"")
    return nil
  }

  private mutating func readList(
    _ node: JSONNode, _ elements: [JSONNode], at path: String,
    _ read: (inout PatternReader, JSONNode, String) -> ValueTest?
  ) -> [ValueTest]? {
    if elements.isEmpty {
      report(node, path, "write at least one value into []", nil)
      return nil
    }
    var tests: [ValueTest] = []
    for (index, element) in elements.enumerated() where errors.count < PatternLimits.errors {
      if let test = read(&self, element, "\(path)[\(index)]") { tests.append(test) }
    }
    return tests.count == elements.count ? tests : nil
  }
}
