extension JSONParser {
  /// Reads the string at `position`; nil if it is malformed, which has then been reported.
  mutating func parseString() -> String? {
    let start = position
    position += 1
    let plainEnd = endOfPlainRun()
    if peek() == UInt8(ascii: "\"") {
      position += 1
      return String(decoding: bytes[start + 1..<plainEnd], as: UTF8.self)
    }
    var text = Array(bytes[start + 1..<plainEnd])
    var isGood = true
    while let byte = peek(), byte != UInt8(ascii: "\"") {
      if byte == UInt8(ascii: "\\") {
        isGood = parseEscape(into: &text) && isGood
      } else if byte < 0x20 {
        guard byte != UInt8(ascii: "\n") else { break }
        report(at: position, "there is a control character in a string", hint: "write it as an escape, such as \\t")
        isGood = false
        position += 1
      } else {
        let runStart = position
        text += bytes[runStart..<endOfPlainRun()]
      }
    }
    guard peek() == UInt8(ascii: "\"") else {
      report(at: start, "this string is never closed", hint: "close it with \" on the same line")
      isRecovering = true
      return nil
    }
    position += 1
    return isGood ? String(decoding: text, as: UTF8.self) : nil
  }

  private mutating func endOfPlainRun() -> Int {
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
      position += 1
    }
    return position
  }

  private mutating func parseEscape(into text: inout [UInt8]) -> Bool {
    let start = position
    position += 1
    guard let byte = peek() else { return false }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "u"):
      guard let scalar = parseUnicodeEscape() else {
        report(at: start, "\\u must be followed by four hexadecimal digits", hint: nil)
        return false
      }
      text += Array(String(Character(scalar)).utf8)
    default:
      report(at: start, "there is an unknown escape in this string", hint: "a backslash itself is written \\\\")
      return false
    }
    return true
  }

  private mutating func parseUnicodeEscape() -> Unicode.Scalar? {
    guard let high = fourHexDigits() else { return nil }
    guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
    let behind = position
    if bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
      position += 2
      if let low = fourHexDigits(), (0xDC00..<0xE000).contains(low) {
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
      }
    }
    position = behind
    return "\u{FFFD}"
  }

  private mutating func fourHexDigits() -> UInt32? {
    guard position + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }

  mutating func parseNumber() -> JSONNode {
    let start = position
    while let byte = peek(), byte.isWordByte { position += 1 }
    let text = bytes[start..<position]
    guard JSONNumber.isValid(text) else {
      let shown = String(decoding: text.prefix(40), as: UTF8.self)
      report(
        at: start, "\(shown) isn't a JSON number",
        hint: "numbers look like 0, -12, 3.5 or 1e9; put anything else in quotes"
      )
      return JSONNode(.invalid, at: start..<position)
    }
    return JSONNode(.number(String(decoding: text, as: UTF8.self)), at: start..<position)
  }
}

enum JSONNumber {
  /// RFC 8259, section 6.
  static func isValid(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    func digits() -> Int {
      let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let leadsWithZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    if whole == 0 || leadsWithZero && whole > 1 { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      if digits() == 0 { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
      if digits() == 0 { return false }
    }
    return rest.isEmpty
  }
}

/// The offset of the first byte that breaks UTF-8, or nil.
func firstInvalidUTF8(in bytes: [UInt8]) -> Int? {
  do throws(UTF8.ValidationError) {
    _ = try UTF8Span(validating: bytes.span)
    return nil
  } catch {
    return error.byteOffsets.lowerBound
  }
}
