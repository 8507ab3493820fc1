/// Numbers as headers and JSON write them.
package enum WireNumber {
  /// 64 TiB: no file that is fetched is larger, and every sum over one fits.
  package static let maxBytes: Int64 = 1 << 46

  /// A decimal number: `7`, `-0`, `1.5`, `1e400`, the last of which is infinite. Nil for anything else, such as the `nan`,
  /// `inf`, `0x10` and blanks that Swift, or C, would take as well.
  package static func decimal(_ text: some StringProtocol) -> Double? {
    guard text.utf8.count <= 400, text.utf8.contains(where: isDigit), text.utf8.allSatisfy(isPartOfNumber) else {
      return nil
    }
    return Double(text)
  }

  /// A count of bytes, 0 to ``maxBytes``: digits and nothing else. Nil for anything else, a larger number included.
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
