/// One line that is safe for a terminal: foreign text in it can't move the cursor, add colour, start a new line, or change the
/// display order.
///
/// Made from a literal: literal text stays, interpolated text is cleaned unless it is a ``Line`` (so our own colours stay). Cleaning
/// happens only here, never at callers.
struct Line: Sendable {
  let text: String

  init(_ text: String) {
    self.text = Self.clean(text)
  }

  /// - Parameter escapes: `ESC [ n m`, around a text that is cleaned.
  init(_ text: String, between escapes: (before: String, after: String)) {
    self.text = escapes.before + Self.clean(text) + escapes.after
  }

  /// Replaces each character that a terminal interprets by a space.
  private static func clean(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isObeyed ? " " : $0 }))
  }
}

extension Line: ExpressibleByStringInterpolation {
  init(stringLiteral text: String) {
    self.text = text
  }

  init(stringInterpolation: StringInterpolation) {
    text = stringInterpolation.text
  }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ line: Line) { text += line.text }

    mutating func appendInterpolation(_ value: some Any) { text += Line("\(value)" as String).text }
  }
}

extension Unicode.Scalar {
  /// C0, DEL and C1, line separators, and bidirectional controls (UAX #9): marks, embeddings, overrides and isolates.
  var isObeyed: Bool {
    switch value {
    case 0x00...0x1F, 0x7F...0x9F, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

extension Line {
  /// JSON for a terminal: the same value, with ``Unicode/Scalar/isObeyed`` characters in its strings escaped. Line feeds and tabs
  /// between values stay; a carriage return there becomes a space.
  static func json(_ bytes: [UInt8]) -> [UInt8] {
    if bytes.allSatisfy({ $0 == 0x0A || $0 == 0x09 || ($0 >= 0x20 && $0 < 0x7F) }) { return bytes }
    var shown: [UInt8] = []
    shown.reserveCapacity(bytes.count)
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\n", "\t": shown.append(UInt8(scalar.value))
      // JSON strings can't contain these unescaped, so they are between values.
      case "\u{0}"..."\u{1F}": shown.append(0x20)
      case _ where scalar.isObeyed:
        let digits = String(scalar.value, radix: 16)
        shown += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
      default: shown += String(scalar).utf8
      }
    }
    return shown
  }
}
