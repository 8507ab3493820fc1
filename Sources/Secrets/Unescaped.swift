/// A text with the escapes of JSON and C strings (`\u0026`, `\x26`, `\"`), of URLs (`%26`) and of HTML (`&amp;`, `&#38;`,
/// `&#x26;`) undone, and where each byte of it came from. Pure, and total over all bytes.
struct Unescaped {
  /// More than anybody nests: a query in JSON in JSON.
  private static let mostRounds = 4

  private(set) var bytes: [UInt8]
  /// Where the source of each byte begins; one more for the end.
  private var starts: [Int32]

  init?(_ source: [UInt8], after outer: Unescaped? = nil) {
    bytes = []
    starts = []
    guard Self.mayHold(source) else { return nil }
    bytes.reserveCapacity(source.count)
    starts.reserveCapacity(source.count + 1)
    var position = 0
    while position < source.count {
      let (decoded, count) = Self.escape(source, position) ?? ([source[position]], 1)
      for byte in decoded {
        bytes.append(byte)
        starts.append(outer?.starts[position] ?? Int32(position))
      }
      position += count
    }
    starts.append(outer?.starts[source.count] ?? Int32(source.count))
    guard bytes.count < source.count else { return nil }
  }

  /// Where a range of ``bytes`` came from.
  func source(of range: Range<Int>) -> Range<Int> {
    Int(starts[range.lowerBound])..<Int(starts[range.upperBound])
  }

  /// Every layer of escapes, the outermost first; none for a text without.
  static func layers(of source: [UInt8]) -> [Unescaped] {
    var layers: [Unescaped] = []
    while layers.count < mostRounds, let next = Unescaped(layers.last?.bytes ?? source, after: layers.last) {
      layers.append(next)
    }
    return layers
  }

  static func completely(_ source: [UInt8]) -> [UInt8] {
    layers(of: source).last?.bytes ?? source
  }

  private static func mayHold(_ source: [UInt8]) -> Bool {
    source.contains { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "&") }
  }

  private static func escape(_ source: [UInt8], _ position: Int) -> (bytes: [UInt8], count: Int)? {
    switch source[position] {
    case UInt8(ascii: "\\"): backslash(source, position)
    case UInt8(ascii: "%"): number(source, position + 1, digits: 2).map { ([UInt8($0)], 3) }
    case UInt8(ascii: "&"): entity(source, position)
    default: nil
    }
  }

  private static func backslash(_ source: [UInt8], _ position: Int) -> (bytes: [UInt8], count: Int)? {
    guard position + 1 < source.count else { return nil }
    switch source[position + 1] {
    case UInt8(ascii: "u"): return unicode(source, position)
    case UInt8(ascii: "x"): return number(source, position + 2, digits: 2).map { ([UInt8($0)], 4) }
    case UInt8(ascii: "n"): return ([0x0A], 2)
    case UInt8(ascii: "r"): return ([0x0D], 2)
    case UInt8(ascii: "t"): return ([0x09], 2)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "'"):
      return ([source[position + 1]], 2)
    default: return nil
    }
  }

  /// `\u0026`, and pairs of surrogates.
  private static func unicode(_ source: [UInt8], _ position: Int) -> (bytes: [UInt8], count: Int)? {
    guard let first = number(source, position + 2, digits: 4) else { return nil }
    if let scalar = Unicode.Scalar(first) { return (Array(String(scalar).utf8), 6) }
    guard position + 7 < source.count, source[position + 6] == UInt8(ascii: "\\"),
      source[position + 7] == UInt8(ascii: "u"), let second = number(source, position + 8, digits: 4),
      (0xD800..<0xDC00).contains(first), (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { return nil }
    return (Array(String(scalar).utf8), 12)
  }

  private static let names: [(name: [UInt8], byte: UInt8)] = [
    (Array("amp;".utf8), UInt8(ascii: "&")), (Array("lt;".utf8), UInt8(ascii: "<")),
    (Array("gt;".utf8), UInt8(ascii: ">")), (Array("quot;".utf8), UInt8(ascii: "\"")),
    (Array("apos;".utf8), UInt8(ascii: "'")),
  ]

  private static func entity(_ source: [UInt8], _ position: Int) -> (bytes: [UInt8], count: Int)? {
    let rest = source[(position + 1)...]
    if let (name, byte) = names.first(where: { rest.starts(with: $0.name) }) { return ([byte], name.count + 1) }
    guard rest.first == UInt8(ascii: "#"), let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
      return nil
    }
    let isHexadecimal = rest.dropFirst().first.map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
    let first = position + (isHexadecimal ? 3 : 2)
    guard first < end, let value = number(source, first, digits: end - first, radix: isHexadecimal ? 16 : 10),
      let scalar = Unicode.Scalar(value)
    else { return nil }
    return (Array(String(scalar).utf8), end + 1 - position)
  }

  /// Nil unless there are so many digits; at most 10 are asked for, and what overflows is no number.
  private static func number(_ source: [UInt8], _ start: Int, digits: Int, radix: UInt32 = 16) -> UInt32? {
    guard start + digits <= source.count else { return nil }
    var value: UInt32 = 0
    for byte in source[start..<start + digits] {
      guard let digit = digit(byte, radix: radix), value <= 0x10FFFF else { return nil }
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
