import JSONSource

/// Reads a scenario, or a part of one, and collects all mistakes.
///
/// Unreadable parts are replaced by harmless ones: if there are mistakes, the result must not be used.
struct ScenarioReader {
  let root: JSONNode
  private let bytes: [UInt8]
  private var found: [(offset: Int, mistake: ScenarioMistake)] = []

  init(_ bytes: [UInt8]) {
    let (document, errors) = JSONParser.parse(bytes, options: .relaxed)
    self.bytes = bytes
    root = document.root
    for error in errors { report(at: error.offset, "\(error)", hint: error.hint) }
  }

  /// In the order of the text.
  var mistakes: [ScenarioMistake] {
    found.sorted { $0.offset < $1.offset }.map(\.mistake)
  }

  mutating func report(at offset: Int, _ message: String, hint: String? = nil) {
    let place = SourceLocation(of: offset, in: bytes)
    found.append((offset, ScenarioMistake(line: place.line, column: place.column, message: message, hint: hint)))
  }

  /// The bytes of a value as written.
  func raw(_ node: JSONNode) -> [UInt8] {
    Array(bytes[node.range])
  }

  /// Reports unknown members of this object, and a value that isn't an object. False for the latter.
  @discardableResult
  mutating func check(_ node: JSONNode, _ what: String, has known: [String]) -> Bool {
    guard let members = node.members else {
      reportKind(node, what, "an object")
      return false
    }
    for member in members where !known.contains(member.key) {
      report(
        at: member.keyRange.lowerBound, "\(what) has no member \"\(member.key)\"",
        hint: "known: \(known.joined(separator: ", "))")
    }
    return true
  }

  private mutating func reportKind(_ node: JSONNode, _ what: String, _ expected: String) {
    // A syntax error was already reported.
    if case .invalid = node.content { return }
    report(at: node.range.lowerBound, "\(what) is \(node.kind), not \(expected)")
  }

  mutating func string(_ node: JSONNode, _ key: String) -> String? {
    guard let value = node.present(key) else { return nil }
    if value.string == nil { reportKind(value, key, "a string") }
    return value.string
  }

  mutating func bool(_ node: JSONNode, _ key: String) -> Bool? {
    guard let value = node.present(key) else { return nil }
    if value.bool == nil { reportKind(value, key, "true or false") }
    return value.bool
  }

  mutating func integer(_ node: JSONNode, _ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let value = node.present(key) else { return nil }
    guard let number = value.integer.flatMap({ Int(exactly: $0) }) else {
      reportKind(value, key, "a whole number")
      return nil
    }
    if !range.contains(number) {
      report(at: value.range.lowerBound, "\(key) is \(number), not \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A number from 0 to 1.
  mutating func part(_ node: JSONNode, _ key: String) -> Double? {
    guard let value = node.present(key) else { return nil }
    guard let number = value.number.flatMap(Double.init), (0...1).contains(number) else {
      reportKind(value, key, "a number from 0 to 1")
      return nil
    }
    return number
  }

  /// Milliseconds.
  mutating func duration(_ node: JSONNode, _ key: String, mayBeNegative: Bool = false) -> Int64? {
    guard let value = node.present(key) else { return nil }
    guard let text = value.string else {
      reportKind(value, key, "a duration such as \"30s\"")
      return nil
    }
    guard let time = milliseconds(text), mayBeNegative || time >= 0 else {
      report(
        at: value.range.lowerBound, "\"\(text)\" isn't a duration",
        hint: "write 500ms, 30s, 5m, 2h30m or 7d" + (mayBeNegative ? ", with - before it for the past" : ""))
      return nil
    }
    return time
  }

  mutating func list<Element>(
    _ node: JSONNode, _ key: String, _ read: (inout ScenarioReader, JSONNode) -> Element
  ) -> [Element] {
    guard let value = node.present(key) else { return [] }
    return list(value, named: key, read)
  }

  mutating func list<Element>(
    _ node: JSONNode, named what: String, _ read: (inout ScenarioReader, JSONNode) -> Element
  ) -> [Element] {
    guard let elements = node.elements else {
      reportKind(node, what, "a list")
      return []
    }
    return elements.map { read(&self, $0) }
  }

  /// One of a closed set of words.
  mutating func word<Word: RawRepresentable & CaseIterable>(
    _ node: JSONNode, _ key: String, _ type: Word.Type, orElse other: [String] = []
  ) -> Word? where Word.RawValue == String {
    guard let text = string(node, key), !other.contains(text) else { return nil }
    let word = Word(rawValue: text)
    if word == nil, let value = node.present(key) {
      let known = Word.allCases.map(\.rawValue) + other
      report(
        at: value.range.lowerBound, "\(key) can't be \"\(text)\"", hint: "known: \(known.joined(separator: ", "))")
    }
    return word
  }
}

/// Reads `500ms`, `30s`, `5m`, `2h30m`, `7d`, with a leading `-` for the past. Nil for anything else.
func milliseconds(_ text: String) -> Int64? {
  var rest = Substring(text)
  let isNegative = rest.first == "-"
  if isNegative { rest.removeFirst() }
  guard !rest.isEmpty else { return nil }
  var total: Int64 = 0
  while !rest.isEmpty {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    let unit = rest.dropFirst(digits.count).prefix { $0.isLetter }
    let units: [Substring: Int64] = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    guard let count = Int64(digits), let factor = units[unit] else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: factor)
    guard !overflow, product < 1 << 50 else { return nil }
    total += product
    rest = rest.dropFirst(digits.count + unit.count)
  }
  return isNegative ? -total : total
}
