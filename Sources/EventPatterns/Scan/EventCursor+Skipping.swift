import JSONSource

extension EventCursor {
  /// Skips the next value, which begins with `byte`.
  @inline(__always)
  mutating func skip(_ byte: UInt8) throws(JSONSyntaxError) {
    switch byte {
    case UInt8(ascii: "\""): try skipString()
    case UInt8(ascii: "{"), UInt8(ascii: "["): try skipContainer()
    default: try skipToken()
    }
  }

  @inline(__always)
  mutating func skipToken() throws(JSONSyntaxError) {
    let first = position
    while position < end, Bytes.isTokenByte(position.pointee) { position += 1 }
    guard Bytes.isNumberOrWord(first, position - first) else { throw error("no JSON value", back: position - first) }
  }

  @inline(__always)
  private mutating func skipString() throws(JSONSyntaxError) {
    position += 1
    while position < end {
      let hits = Bytes.quotesAndBackslashes(word(at: position))
      if hits == 0 {
        position += 8
        continue
      }
      position += hits.trailingZeroBitCount &>> 3
      if position.pointee == UInt8(ascii: "\"") {
        position += 1
        return
      }
      position += 2
    }
    throw error("this string is never closed")
  }

  @inline(__always)
  private mutating func skipContainer() throws(JSONSyntaxError) {
    position += 1
    try skipRest()
  }

  /// Skips the rest of the current object or array, including its closing bracket.
  ///
  /// Works on sixteen bytes at a time without branching on their contents: the parity of quotation marks before each byte
  /// distinguishes strings from the rest. Only blocks with a backslash, and those in which the container may end, are read byte by
  /// byte.
  mutating func skipRest() throws(JSONSyntaxError) {
    var depth = 1
    var inside: UInt64 = 0
    while position + 16 <= end {
      let block = UnsafeRawPointer(position).loadUnaligned(as: SIMD2<UInt64>.self)
      let marks = BlockMarks(block, inside)
      if marks.hasBackslash || marks.closings >= depth {
        if try skipSlowly(&depth, &inside) { return }
        continue
      }
      depth &+= marks.openings &- marks.closings
      inside = marks.inside
      position += 16
    }
    while position < end {
      if try skipSlowly(&depth, &inside) { return }
    }
    throw error("a bracket is never closed")
  }

  /// Skips up to sixteen bytes one by one; true if the container ended.
  private mutating func skipSlowly(_ depth: inout Int, _ inside: inout UInt64) throws(JSONSyntaxError) -> Bool {
    let stop = end - position < 16 ? end : position + 16
    while position < stop {
      let byte = position.pointee
      position += 1
      switch byte {
      case UInt8(ascii: "\""): inside = ~inside
      case UInt8(ascii: "\\") where inside != 0: position += 1
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth &+= inside == 0 ? 1 : 0
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth &-= inside == 0 ? 1 : 0
        if depth == 0 { return true }
      default: break
      }
    }
    return false
  }
}

/// The brackets and quotation marks of sixteen bytes.
private struct BlockMarks {
  /// All ones if the byte after the block is in a string, else zero.
  let inside: UInt64
  let openings: Int
  let closings: Int
  let hasBackslash: Bool

  /// Computed, because the compiler folds it into the code; a stored one costs a check at each use.
  @inline(__always)
  private static var lows: SIMD2<UInt64> { SIMD2(repeating: 0x7F7F_7F7F_7F7F_7F7F) }

  @inline(__always)
  init(_ block: SIMD2<UInt64>, _ inside: UInt64) {
    let quotes = BlockMarks.marks(of: 0x22, in: block)
    let first = BlockMarks.parity(quotes.x) ^ inside
    let second = BlockMarks.parity(quotes.y) ^ BlockMarks.spread(first)
    self.inside = BlockMarks.spread(second)
    let outside = SIMD2(~first, ~second)
    // `[` and `{`, and `]` and `}`, differ in one bit.
    let folded = block | SIMD2(repeating: 0x2020_2020_2020_2020)
    openings = BlockMarks.count(BlockMarks.marks(of: 0x7B, in: folded) & outside)
    closings = BlockMarks.count(BlockMarks.marks(of: 0x7D, in: folded) & outside)
    let slashes = BlockMarks.marks(of: 0x5C, in: block)
    hasBackslash = slashes.x | slashes.y != 0
  }

  /// The top bit of each byte that equals `byte`.
  @inline(__always)
  private static func marks(of byte: UInt64, in block: SIMD2<UInt64>) -> SIMD2<UInt64> {
    let differences = block ^ SIMD2(repeating: byte &* 0x0101_0101_0101_0101)
    return ~(((differences & lows) &+ lows) | differences | lows)
  }

  /// The top bit of each byte up to and including which an odd number of top bits is set.
  @inline(__always)
  private static func parity(_ marks: UInt64) -> UInt64 {
    var parity = marks
    parity ^= parity &<< 8
    parity ^= parity &<< 16
    return parity ^ parity &<< 32
  }

  /// All ones if the last byte's top bit is set.
  @inline(__always)
  private static func spread(_ marks: UInt64) -> UInt64 {
    UInt64(bitPattern: Int64(bitPattern: marks) &>> 63)
  }

  /// The number of set top bits; no other bits are set.
  @inline(__always)
  private static func count(_ marks: SIMD2<UInt64>) -> Int {
    Int(truncatingIfNeeded: ((marks.x &>> 7 &+ marks.y &>> 7) &* 0x0101_0101_0101_0101) &>> 56)
  }
}
