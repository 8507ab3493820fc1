/// Percent-encoding of UTF-8 (RFC 3986, section 2.1), with upper-case digits.
package enum PercentEncoding {
  /// - Parameter isPlain: whether a byte stays as it is. Default: the unreserved characters, which is right inside any part of a
  ///   URL.
  package static func encode(_ text: String, keeping isPlain: (UInt8) -> Bool = isUnreserved) -> String {
    text.utf8.map { byte in
      if isPlain(byte) { return String(UnicodeScalar(byte)) }
      return "%" + Hexadecimal.text(CollectionOfOne(byte)).uppercased()
    }.joined()
  }

  /// RFC 3986, section 2.3.
  package static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~".utf8.contains(byte)
    }
  }
}
