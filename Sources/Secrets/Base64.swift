/// RFC 4648.
enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The digits that depend on `bytes` alone when `skipped` other bytes (0…2) precede them and others may follow.
  static func core(of bytes: [UInt8], after skipped: Int) -> [UInt8] {
    let (begin, end) = (8 * skipped, 8 * (skipped + bytes.count))
    return ((begin + 5) / 6..<max((begin + 5) / 6, end / 6)).map { index in
      let bit = 6 * index - begin
      let high = UInt16(bytes[bit / 8]) << 8
      let low = bit / 8 + 1 < bytes.count ? UInt16(bytes[bit / 8 + 1]) : 0
      return digits[Int((high | low) >> UInt16(10 - bit % 8) & 63)]
    }
  }

  /// Nil if `base64` doesn't decode to UTF-8 text.
  static func text(_ base64: String) -> String? {
    var (bytes, buffer, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
    for byte in base64.utf8 where byte != UInt8(ascii: "=") {
      guard let digit = digits.firstIndex(of: byte) else { return nil }
      buffer = (buffer << 6 | UInt32(digit)) & 0xFFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
