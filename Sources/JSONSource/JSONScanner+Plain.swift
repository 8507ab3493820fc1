internal import Glibc

/// Values in the plain notation that machines write; anything else is left to the parser.
extension JSONScanner {
  /// Visits the members of an object that have one of these names, and skips the others. `visit` gets the index of the name, and
  /// must consume the value.
  ///
  /// - Parameter names: at most 64, ASCII.
  /// - Returns: false if there is no well-formed object, one of its names contains an escape, one of `names` occurs twice, or
  ///   `visit` returned false.
  package mutating func members(_ names: [StaticString], _ visit: (Int, inout JSONScanner) -> Bool) -> Bool {
    var seen: UInt64 = 0
    return object { key, scanner in
      if scanner.holds(UInt8(ascii: "\\"), key) { return false }
      guard let place = names.firstIndex(where: { scanner.is($0, key) }) else { return scanner.skip() != nil }
      guard seen >> UInt64(place) & 1 == 0 else { return false }
      seen |= 1 << UInt64(place)
      return visit(place, &scanner)
    }
  }

  /// A string without escapes, in valid UTF-8; nil for anything else, part of which may have been consumed.
  package mutating func plainString() -> String? {
    guard next() == UInt8(ascii: "\""), let range = skip() else { return nil }
    let text = range.lowerBound + 1..<range.upperBound - 1
    if holds(UInt8(ascii: "\\"), text) { return nil }
    let bytes = UnsafeRawBufferPointer(rebasing: base[text])
    return bytes.contains { $0 < 0x20 } ? nil : String(validating: bytes, as: UTF8.self)
  }

  /// A whole number of at most 18 digits; nil for anything else, part of which may have been consumed.
  package mutating func plainInteger() -> Int64? {
    guard let range = skip() else { return nil }
    let isNegative = base[range.lowerBound] == UInt8(ascii: "-")
    let digits = base[range].dropFirst(isNegative ? 1 : 0)
    guard (1...18).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
    var value: Int64 = 0
    for digit in digits {
      guard case 0x30...0x39 = digit else { return nil }
      value = value * 10 + Int64(digit & 0x0F)
    }
    return isNegative ? -value : value
  }

  /// Skips a null; false, without skipping anything, if there is another value.
  package mutating func skipNull() -> Bool {
    guard next() == UInt8(ascii: "n") else { return false }
    return skip().map { $0.count == 4 } ?? false
  }

  private func holds(_ byte: UInt8, _ range: Range<Int>) -> Bool {
    guard let start = base.baseAddress else { return false }
    return memchr(start + range.lowerBound, Int32(byte), range.count) != nil
  }

  private func `is`(_ name: StaticString, _ range: Range<Int>) -> Bool {
    guard let start = base.baseAddress, name.utf8CodeUnitCount == range.count else { return false }
    return memcmp(name.utf8Start, start + range.lowerBound, range.count) == 0
  }
}
