/// Reads a JSON text into a tree, reports every mistake with its place, and continues after it.
///
/// Strict by default; `.relaxed` is for files that people write: comments and trailing commas are allowed, duplicate keys are
/// mistakes.
package struct JSONParser {
  package struct Options: Sendable {
    package var allowsCommentsAndTrailingCommas = false
    package var refusesDuplicateKeys = false
    /// Deeper nesting is a mistake; the parser recurses, so this also bounds its stack (about 400 B per level).
    package var maximumDepth = 1_000
    /// More values are a mistake: each takes at least 40 B in the tree, but only two bytes of text.
    package var maximumValues = Int.max
    /// Parsing stops after this many mistakes: more would only repeat the first ones.
    package var maximumErrors = 50

    package static let strict = Options()
    package static let relaxed = Options(
      allowsCommentsAndTrailingCommas: true, refusesDuplicateKeys: true, maximumDepth: 200)
  }

  let bytes: [UInt8]
  let options: Options
  /// Never past the end, even if a step follows a report that gave up.
  var position = 0 {
    didSet { if position > bytes.count { position = bytes.count } }
  }
  var depth = 0
  private var values = 0
  var errors: [JSONSyntaxError] = []
  /// Set if the rest of the text isn't worth reading.
  var gaveUp = false
  /// Set while skipping text after a reported mistake: a comma missing there isn't a second mistake.
  var isRecovering = false

  init(bytes: [UInt8], options: Options) {
    self.bytes = bytes
    self.options = options
  }

  /// The tree is usable (with `.invalid` nodes) even if there are errors.
  package static func parse(_ bytes: [UInt8], options: Options = .strict) -> (JSONDocument, [JSONSyntaxError]) {
    var parser = JSONParser(bytes: bytes, options: options)
    let root = parser.parseText()
    return (JSONDocument(bytes: bytes, root: root), parser.errors)
  }

  private mutating func parseText() -> JSONNode {
    if let bad = firstInvalidUTF8(in: bytes) {
      report(at: bad, "the text is not valid UTF-8 here", hint: "save the file as UTF-8")
      return JSONNode(.invalid, at: 0..<bytes.count)
    }
    if options.allowsCommentsAndTrailingCommas, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    skipSpace()
    guard position < bytes.count else {
      if !gaveUp { report(at: position, "the text is empty", hint: nil) }
      return JSONNode(.invalid, at: 0..<bytes.count)
    }
    let root = parseValue()
    skipSpace()
    if position < bytes.count, !gaveUp {
      report(at: position, "there is text after the end of the JSON value", hint: "remove it, or a bracket before it")
    }
    return root
  }

  mutating func parseValue() -> JSONNode {
    values += 1
    guard values <= options.maximumValues else {
      let start = position
      giveUp(at: start, "it holds more than \(options.maximumValues) values")
      return JSONNode(.invalid, at: start..<bytes.count)
    }
    guard let byte = peek() else {
      giveUp(at: position, "the text ends where a value is expected")
      return JSONNode(.invalid, at: position..<position)
    }
    switch byte {
    case UInt8(ascii: "{"): return nested { $0.parseObject() }
    case UInt8(ascii: "["): return nested { $0.parseArray() }
    case UInt8(ascii: "\""):
      let start = position
      return JSONNode(parseString().map { .string($0) } ?? .invalid, at: start..<position)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return parseNumber()
    default: return parseWord()
    }
  }

  private mutating func nested(_ parse: (inout JSONParser) -> JSONNode) -> JSONNode {
    guard depth < options.maximumDepth else {
      let start = position
      giveUp(at: start, "nested deeper than \(options.maximumDepth) levels")
      return JSONNode(.invalid, at: start..<bytes.count)
    }
    depth += 1
    defer { depth -= 1 }
    return parse(&self)
  }

  private mutating func parseWord() -> JSONNode {
    let start = position
    while let byte = peek(), byte.isWordByte { position += 1 }
    let range = start..<position
    switch String(decoding: bytes[range], as: UTF8.self) {
    case "null": return JSONNode(.null, at: range)
    case "true": return JSONNode(.bool(true), at: range)
    case "false": return JSONNode(.bool(false), at: range)
    case "":
      let character = String(decoding: bytes[start...].prefix(4), as: UTF8.self).prefix(1)
      report(at: start, "unexpected \(character.debugDescription) where a value is expected", hint: nil)
      recover()
    case let word:
      let hint = word.hasPrefix("'") ? "put strings in double quotes" : "write \"\(word)\" if you mean a string"
      report(at: start, "\(word.prefix(40)) isn't a JSON value", hint: hint)
      recover()
    }
    return JSONNode(.invalid, at: start..<position)
  }

  func peek() -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  mutating func report(at offset: Int, _ text: String, hint: String?) {
    guard errors.count < options.maximumErrors else { return giveUp() }
    errors.append(JSONSyntaxError(offset: offset, text, hint: hint))
  }

  mutating func giveUp(at offset: Int, _ text: String, hint: String? = nil) {
    if !gaveUp { report(at: offset, text, hint: hint) }
    giveUp()
  }

  private mutating func giveUp() {
    gaveUp = true
    position = bytes.count
  }
}

extension UInt8 {
  /// Letters, digits and what people put into words that aren't JSON (`'`, `_`, `$`, `.`, `+`, `-`, UTF-8 bytes).
  var isWordByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...: true
    case UInt8(ascii: "'"), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "."): true
    case UInt8(ascii: "+"), UInt8(ascii: "-"): true
    default: false
    }
  }
}
