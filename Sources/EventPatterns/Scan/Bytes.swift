/// Tests eight bytes at once: the top bit of each byte that passes is set. Bits above the lowest set one may be wrong.
enum Bytes {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let tops: UInt64 = 0x8080_8080_8080_8080

  @inline(__always)
  private static func zeros(_ word: UInt64) -> UInt64 {
    (word &- ones) & ~word
  }

  @inline(__always)
  static func quotesAndBackslashes(_ word: UInt64) -> UInt64 {
    (zeros(word ^ (ones &* 0x22)) | zeros(word ^ (ones &* 0x5C))) & tops
  }

  /// Letters, digits, `+`, `-` and `.`.
  @inline(__always)
  static func isTokenByte(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
      || byte &- UInt8(ascii: "+") < 4 && byte != 0x2C
  }

  /// Accepts anything that begins like a number.
  @inline(__always)
  static func isNumberOrWord(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    guard count > 0 else { return false }
    let first = text[0]
    if first &- UInt8(ascii: "0") < 10 || first == UInt8(ascii: "-") { return true }
    switch first {
    case UInt8(ascii: "t"): return isWord(text, count, "true")
    case UInt8(ascii: "f"): return isWord(text, count, "false")
    case UInt8(ascii: "n"): return isWord(text, count, "null")
    default: return false
    }
  }

  @inline(__always)
  private static func isWord(_ text: UnsafePointer<UInt8>, _ count: Int, _ word: StaticString) -> Bool {
    count == word.utf8CodeUnitCount && sameBytes(text, word.utf8Start, count)
  }
}

/// Whether two texts of the same length are equal.
@inline(__always)
func sameBytes(_ one: UnsafePointer<UInt8>, _ other: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  var position = 0
  while position &+ 8 <= count {
    let left = UnsafeRawPointer(one + position).loadUnaligned(as: UInt64.self)
    let right = UnsafeRawPointer(other + position).loadUnaligned(as: UInt64.self)
    if left != right { return false }
    position &+= 8
  }
  while position < count {
    if one[position] != other[position] { return false }
    position &+= 1
  }
  return true
}
