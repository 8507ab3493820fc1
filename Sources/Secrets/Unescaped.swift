import Glibc

/// A text with the escapes of JSON and C strings (`\u0026`, `\x26`, `\"`), URLs (`%26`) and HTML (`&amp;`, `&#38;`, `&#x26;`)
/// undone, and the origin of each byte. Pure, and total over all bytes.
struct Unescaped {
  /// The deepest nesting that occurs is a query in JSON in JSON.
  private static let maxRounds = 4

  private(set) var bytes: [UInt8] = []
  /// The offset in the source at which each byte begins, plus one entry for the end.
  private var starts: [Int32] = []

  /// Nil if the source has no escapes.
  init?(_ source: UnsafeRawBufferPointer) {
    guard Self.mayHold(source) else { return nil }
    bytes.reserveCapacity(source.count)
    starts.reserveCapacity(source.count + 1)
    var position = 0
    while position < source.count {
      let byte = source[position]
      if Self.begins(byte), let escape = Self.escape(source, position) {
        append(escape, from: position)
        position += escape.count
      } else {
        bytes.append(byte)
        starts.append(Int32(truncatingIfNeeded: position))
        position += 1
      }
    }
    starts.append(Int32(truncatingIfNeeded: source.count))
    guard bytes.count < source.count else { return nil }
  }

  /// The meaning of one escape.
  private struct Escape {
    /// A byte below 256 if it is encoded as one, else a character.
    let value: UInt32
    var isByte = false
    /// The length of the escape in bytes.
    let count: Int
  }

  private mutating func append(_ escape: Escape, from position: Int) {
    let start = Int32(truncatingIfNeeded: position)
    if escape.isByte || escape.value < 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: escape.value))
      starts.append(start)
    } else if let scalar = Unicode.Scalar(escape.value) {
      for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
        bytes.append(byte)
        starts.append(start)
      }
    }
  }

  /// Undoes the escapes that remain in `outer`.
  private init?(within outer: Unescaped) {
    guard var inner = outer.bytes.withUnsafeBytes({ Unescaped($0) }) else { return nil }
    inner.starts = inner.starts.map { outer.starts[Int($0)] }
    self = inner
  }

  /// The source range of a range of ``bytes``.
  func source(of range: Range<Int>) -> Range<Int> {
    Int(starts[range.lowerBound])..<Int(starts[range.upperBound])
  }

  /// Every layer of escapes, outermost first; empty for a text without escapes.
  static func layers(of source: UnsafeRawBufferPointer) -> [Unescaped] {
    var layers = Unescaped(source).map { [$0] } ?? []
    while let last = layers.last, layers.count < maxRounds, let next = Unescaped(within: last) { layers.append(next) }
    return layers
  }

  static func completely(_ source: [UInt8]) -> [UInt8] {
    source.withUnsafeBytes { layers(of: $0).last?.bytes } ?? source
  }

  private static func mayHold(_ source: UnsafeRawBufferPointer) -> Bool {
    guard let base = source.baseAddress else { return false }
    return begin.contains { memchr(base, Int32($0), source.count) != nil }
  }

  private static let begin = [UInt8(ascii: "\\"), UInt8(ascii: "%"), UInt8(ascii: "&")]

  private static func begins(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "&")
  }

  private static func escape(_ source: UnsafeRawBufferPointer, _ position: Int) -> Escape? {
    switch source[position] {
    case UInt8(ascii: "\\"): backslash(source, position)
    case UInt8(ascii: "%"): number(source, position + 1, digits: 2).map { Escape(value: $0, isByte: true, count: 3) }
    default: entity(source, position)
    }
  }

  private static func backslash(_ source: UnsafeRawBufferPointer, _ position: Int) -> Escape? {
    guard position + 1 < source.count else { return nil }
    switch source[position + 1] {
    case UInt8(ascii: "u"): return unicode(source, position)
    case UInt8(ascii: "x"):
      return number(source, position + 2, digits: 2).map { Escape(value: $0, isByte: true, count: 4) }
    case UInt8(ascii: "n"): return Escape(value: 0x0A, count: 2)
    case UInt8(ascii: "r"): return Escape(value: 0x0D, count: 2)
    case UInt8(ascii: "t"): return Escape(value: 0x09, count: 2)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "'"):
      return Escape(value: UInt32(source[position + 1]), count: 2)
    default: return nil
    }
  }

  /// `\u0026`, and surrogate pairs.
  private static func unicode(_ source: UnsafeRawBufferPointer, _ position: Int) -> Escape? {
    guard let first = number(source, position + 2, digits: 4) else { return nil }
    if Unicode.Scalar(first) != nil { return Escape(value: first, count: 6) }
    guard position + 7 < source.count, source[position + 6] == UInt8(ascii: "\\"),
      source[position + 7] == UInt8(ascii: "u"), let second = number(source, position + 8, digits: 4),
      (0xD800..<0xDC00).contains(first), (0xDC00..<0xE000).contains(second)
    else { return nil }
    return Escape(value: 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00), count: 12)
  }

  private static let names: [(name: [UInt8], byte: UInt8)] = [
    (Array("amp;".utf8), UInt8(ascii: "&")), (Array("lt;".utf8), UInt8(ascii: "<")),
    (Array("gt;".utf8), UInt8(ascii: ">")), (Array("quot;".utf8), UInt8(ascii: "\"")),
    (Array("apos;".utf8), UInt8(ascii: "'")),
  ]

  private static func entity(_ source: UnsafeRawBufferPointer, _ position: Int) -> Escape? {
    let rest = source[(position + 1)...]
    if let (name, byte) = names.first(where: { rest.starts(with: $0.name) }) {
      return Escape(value: UInt32(byte), count: name.count + 1)
    }
    guard rest.first == UInt8(ascii: "#"), let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
      return nil
    }
    let isHexadecimal = rest.dropFirst().first.map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
    let first = position + (isHexadecimal ? 3 : 2)
    guard first < end, let value = number(source, first, digits: end - first, radix: isHexadecimal ? 16 : 10),
      Unicode.Scalar(value) != nil
    else { return nil }
    return Escape(value: value, count: end + 1 - position)
  }

  /// Nil if there are fewer digits, or if the number is larger than any character.
  private static func number(
    _ source: UnsafeRawBufferPointer, _ start: Int, digits: Int, radix: UInt32 = 16
  ) -> UInt32? {
    guard start + digits <= source.count else { return nil }
    var value: UInt32 = 0
    for position in start..<start + digits {
      guard let digit = digit(source[position], radix: radix), value <= 0x10FFFF else { return nil }
      value = value * radix + digit
    }
    return value
  }

  static func digit(_ byte: UInt8, radix: UInt32) -> UInt32? {
    let value: UInt8
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): value = byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): value = byte - UInt8(ascii: "A") + 10
    default: return nil
    }
    return value < radix ? UInt32(value) : nil
  }
}
