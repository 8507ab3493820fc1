internal import JSONSource
internal import Runs

/// Reads the members of one object of a rules file, and reports what doesn't belong there.
struct ObjectReader {
  let node: JSONNode
  /// Where in the file this object stands, in words of the file: `destinations.team-chat`.
  let path: String
  let diagnostics: DiagnosticList

  /// Nil, and reported, when the node is no object.
  ///
  /// - Parameter known: the members that it may have; nil: the caller reports others.
  init?(_ node: JSONNode, path: String, known: [String]?, _ diagnostics: DiagnosticList) {
    self.node = node
    self.path = path
    self.diagnostics = diagnostics
    guard let members = node.members else {
      if case .invalid = node.content { return nil }
      diagnostics.error(at: node.range, "\(path) must be an object, and is \(node.kind)")
      return nil
    }
    guard let known else { return }
    for member in members where !known.contains(member.key) { reportUnknown(member, known: known) }
  }

  func reportUnknown(_ member: JSONMember, known: [String]) {
    diagnostics.error(
      at: member.keyRange, "unknown field \(member.key.prefix(60).debugDescription) in \(path)",
      hint: hint(for: member.key, among: known))
  }

  subscript(key: String) -> JSONNode? {
    node[key]
  }

  func pathOf(_ key: String) -> String {
    "\(path).\(key)"
  }

  func required(_ key: String) -> JSONNode? {
    if let value = node[key] { return value }
    if diagnostics.isCut(node) { return nil }
    diagnostics.error(at: node.range.lowerBound..<node.range.lowerBound + 1, "\(path) needs \"\(key)\"")
    return nil
  }

  func string(_ key: String) -> String? {
    node[key].flatMap { text($0, path: pathOf(key)) }
  }

  /// The string in a node; reported when it is another kind of value, or empty.
  func text(_ node: JSONNode, path: String) -> String? { diagnostics.text(node, path: path) }

  func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
    guard let value = node[key], let text = text(value, path: pathOf(key)) else { return nil }
    guard let duration = Duration(notation: text) else {
      diagnostics.error(
        at: value.range, "\(pathOf(key)) is no duration: \(text.prefix(40).debugDescription)",
        hint: "durations look like 500ms, 30s, 5m, 2h30m or 7d")
      return nil
    }
    guard range.contains(duration) else {
      diagnostics.error(
        at: value.range, "\(pathOf(key)) is out of range: \(text.prefix(40))",
        hint: "allowed: \(range.lowerBound.milliseconds) ms to \(range.upperBound.words)")
      return nil
    }
    return duration
  }

  func integer(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
    guard let value = node[key] else { return nil }
    if let number = value.integer, range.contains(number) { return number }
    diagnostics.error(
      at: value.range, "\(pathOf(key)) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  func bool(_ key: String) -> Bool? {
    guard let value = node[key] else { return nil }
    if case .bool(let flag) = value.content { return flag }
    if case .invalid = value.content { return nil }
    diagnostics.error(at: value.range, "\(pathOf(key)) must be true or false, and is \(value.kind)")
    return nil
  }

  /// A list, or a single value standing for a list of one.
  func list(_ key: String) -> [JSONNode] {
    guard let value = node[key] else { return [] }
    guard let elements = value.elements else { return [value] }
    if elements.isEmpty, !diagnostics.isCut(value) {
      diagnostics.error(at: value.range, "\(pathOf(key)) is an empty list")
    }
    return elements
  }

  /// A list of objects or strings that must be a list, where it is there.
  func elements(_ key: String) -> [JSONNode] {
    guard let value = node[key] else { return [] }
    if case .invalid = value.content { return [] }
    guard let elements = value.elements else {
      diagnostics.error(at: value.range, "\(pathOf(key)) must be a list, and is \(value.kind)")
      return []
    }
    if elements.isEmpty, !diagnostics.isCut(value) {
      diagnostics.error(at: value.range, "\(pathOf(key)) is an empty list")
    }
    return elements
  }
}

extension DiagnosticList {
  /// The string in a node; reported when it is another kind of value, or empty.
  func text(_ node: JSONNode, path: String) -> String? {
    if case .invalid = node.content { return nil }
    guard let text = node.string else {
      error(at: node.range, "\(path) must be a string, and is \(node.kind)")
      return nil
    }
    guard !text.isEmpty else {
      error(at: node.range, "\(path) is empty")
      return nil
    }
    return text
  }
}
