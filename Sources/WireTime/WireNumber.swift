/// Numbers as headers and JSON write them.
package enum WireNumber {
  /// 64 TiB: no download is larger, and sums of such numbers fit.
  package static let maxBytes: Int64 = 1 << 46

  /// A decimal number: `7`, `-0`, `1.5`, `1e400` (which is infinite). Nil for anything else, such as `nan`, `inf`, `0x10` and
  /// blanks, which Swift or C would accept.
  package static func decimal(_ text: some StringProtocol) -> Double? {
    guard text.utf8.count <= 400, text.utf8.contains(where: isDigit), text.utf8.allSatisfy(isPartOfNumber) else {
      return nil
    }
    return Double(text)
  }

  /// A number of bytes, 0 to ``maxBytes``, of digits only. Nil for anything else, including a larger number.
  package static func bytes(_ text: some StringProtocol) -> Int64? {
    guard text.utf8.allSatisfy(isDigit), let count = Int64(text), count <= maxBytes else { return nil }
    return count
  }
}

private func isDigit(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

private func isPartOfNumber(_ byte: UInt8) -> Bool {
  isDigit(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    || byte | 0x20 == UInt8(ascii: "e")
}
