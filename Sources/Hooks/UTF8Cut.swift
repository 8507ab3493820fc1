/// Where bytes can be cut without cutting a character in two.
enum UTF8Cut {
  /// How many of the bytes come before a character that is begun but not complete at their end; all of them when there
  /// is none, or when the end is no UTF-8 anyway.
  static func end(in bytes: ArraySlice<UInt8>) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.endIndex - back]
      if byte & 0b1100_0000 == 0b1000_0000 { continue }
      return length(ofSequenceFrom: byte) > back ? bytes.count - back : bytes.count
    }
    return bytes.count
  }

  /// How many of the first bytes continue a character whose beginning is missing, 0…3.
  static func strayStart(of bytes: ArraySlice<UInt8>) -> Int {
    bytes.prefix(3).prefix { $0 & 0b1100_0000 == 0b1000_0000 }.count
  }

  /// `text`, or as much of it as leaves room for "…" within `limit` bytes.
  static func shorten(_ text: String, toBytes limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    let bytes = Array(text.utf8.prefix(limit - "…".utf8.count))
    return String(decoding: bytes.prefix(end(in: bytes[...])), as: UTF8.self) + "…"
  }

  private static func length(ofSequenceFrom lead: UInt8) -> Int {
    switch lead {
    case 0b1100_0000..<0b1110_0000: 2
    case 0b1110_0000..<0b1111_0000: 3
    case 0b1111_0000..<0b1111_1000: 4
    default: 1
    }
  }
}
