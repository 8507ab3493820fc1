/// Repairs a document whose strings contain what JSON forbids: invalid UTF-8, unknown escapes, lone surrogates, control
/// characters. Each is replaced by U+FFFD; everything else stays unchanged. So a run is reported even if its message has a wrong
/// byte.
struct DocumentRepair {
  private static let replacement = Array("\u{FFFD}".utf8)

  private let bytes: [UInt8]
  private var position = 0
  private var mended: [UInt8] = []

  static func mend(_ document: [UInt8]) -> [UInt8] {
    // This never removes an ASCII byte: quotes and braces stay in place.
    var repair = DocumentRepair(bytes: Array(String(decoding: document, as: UTF8.self).utf8))
    repair.run()
    return repair.mended
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
    mended.reserveCapacity(bytes.count)
  }

  private mutating func run() {
    var isInString = false
    while position < bytes.count {
      let byte = bytes[position]
      if isInString, byte == UInt8(ascii: "\\") {
        escape()
        continue
      }
      if byte == UInt8(ascii: "\"") { isInString.toggle() }
      if isInString, byte < 0x20 { mended += Self.replacement } else { mended.append(byte) }
      position += 1
    }
  }

  /// Copies one escape, or a surrogate pair of them; replaces invalid ones.
  private mutating func escape() {
    guard position + 1 < bytes.count else { return replace(1) }
    switch bytes[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      copy(2)
    case UInt8(ascii: "u"):
      guard let unit = unit(at: position) else { return replace(1) }
      let isPair = (0xD800..<0xDC00).contains(unit) && self.unit(at: position + 6).map { $0 >> 10 == 0x37 } ?? false
      if isPair { copy(12) } else if unit >> 11 == 0x1B { replace(6) } else { copy(6) }
    default: replace(1)
    }
  }

  /// The UTF-16 unit of the escape at `place`: `\u` and four hexadecimal digits. Nil if something else is there.
  private func unit(at place: Int) -> UInt16? {
    guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u") else {
      return nil
    }
    let digits = bytes[place + 2..<place + 6]
    guard digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
    return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private mutating func copy(_ count: Int) {
    mended += bytes[position..<position + count]
    position += count
  }

  private mutating func replace(_ count: Int) {
    mended += Self.replacement
    position += count
  }
}
