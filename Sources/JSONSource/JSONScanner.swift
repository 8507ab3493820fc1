/// Finds the ranges of values in a JSON text without reading their contents: no tree, no strings, no allocation.
///
/// It checks brackets, quotation marks, commas and colons on the levels it enters; skipped values are only scanned for their end.
/// To read a skipped value, parse its range with ``JSONDocument``, which is strict.
package struct JSONScanner {
  let base: UnsafeRawBufferPointer
  package private(set) var position = 0

  package init(_ base: UnsafeRawBufferPointer) {
    self.base = base
  }

  /// Visits an object's members; `visit` gets the key's range without its quotation marks, and must consume the value.
  /// False if there is no well-formed object, or `visit` returned false.
  package mutating func object(_ visit: (Range<Int>, inout JSONScanner) -> Bool) -> Bool {
    container(UInt8(ascii: "{"), UInt8(ascii: "}")) { scanner in
      guard let key = scanner.skipString() else { return false }
      guard scanner.next() == UInt8(ascii: ":") else { return false }
      scanner.position += 1
      return visit(key.lowerBound + 1..<key.upperBound - 1, &scanner)
    }
  }

  /// Visits an array's elements; `visit` must consume each. False as in ``object(_:)``.
  package mutating func array(_ visit: (inout JSONScanner) -> Bool) -> Bool {
    container(UInt8(ascii: "["), UInt8(ascii: "]"), visit)
  }

  /// The range of the next value, which is skipped; nil if the text ends inside it.
  package mutating func skip() -> Range<Int>? {
    guard let byte = next() else { return nil }
    switch byte {
    case UInt8(ascii: "\""): return skipString()
    case UInt8(ascii: "{"), UInt8(ascii: "["): return skipContainer()
    default: return skipLiteral()
    }
  }

  /// Skips this many bytes, which the caller knows to be the next value; nil if there are fewer.
  package mutating func skip(known length: Int) -> Range<Int>? {
    guard length > 0, position + length <= base.count else { return nil }
    defer { position += length }
    return position..<position + length
  }

  /// True when only white space is left.
  package mutating func isAtEnd() -> Bool {
    next() == nil
  }

  /// The first byte after white space.
  package mutating func next() -> UInt8? {
    while position < base.count {
      let byte = base[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position += 1
    }
    return nil
  }

  private mutating func container(_ open: UInt8, _ close: UInt8, _ visit: (inout JSONScanner) -> Bool) -> Bool {
    guard next() == open else { return false }
    position += 1
    if next() == close {
      position += 1
      return true
    }
    while visit(&self) {
      guard let byte = next() else { return false }
      position += 1
      if byte == close { return true }
      guard byte == UInt8(ascii: ",") else { return false }
    }
    return false
  }

  private mutating func skipLiteral() -> Range<Int>? {
    let start = position
    while position < base.count, base[position].isWordByte { position += 1 }
    let text = base[start..<position]
    guard let first = text.first else { return nil }
    let isWord = text.elementsEqual("true".utf8) || text.elementsEqual("false".utf8) || text.elementsEqual("null".utf8)
    let isNumber = first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    return isWord || isNumber ? start..<position : nil
  }

  private mutating func skipContainer() -> Range<Int>? {
    let start = position
    var depth = 0
    while position < base.count {
      switch base[position] {
      case UInt8(ascii: "\""):
        guard skipString() != nil else { return nil }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 {
          position += 1
          return start..<position
        }
      default: break
      }
      position += 1
    }
    return nil
  }

  private mutating func skipString() -> Range<Int>? {
    guard next() == UInt8(ascii: "\"") else { return nil }
    let start = position
    position += 1
    while true {
      skipPlainWords()
      guard position < base.count else { return nil }
      switch base[position] {
      case UInt8(ascii: "\""):
        position += 1
        return start..<position
      case UInt8(ascii: "\\"): position += 2
      default: position += 1
      }
    }
  }

  /// Skips words of eight bytes without quotation mark or backslash.
  private mutating func skipPlainWords() {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    while position + 8 <= base.count {
      let word = base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
      let slashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
      let hits = ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes) & tops
      if hits != 0 {
        position += hits.trailingZeroBitCount / 8
        return
      }
      position += 8
    }
  }
}
