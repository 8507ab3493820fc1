/// The syntax of header fields (RFC 9110).
package enum HTTPHeader {
  /// Lower-case names of the fields that frame a message; only the transport can set them correctly.
  package static let ofTransport = ["content-length", "transfer-encoding", "expect"]

  /// RFC 9110, 5.6.2.
  package static func isToken(_ text: String) -> Bool {
    !text.isEmpty && text.allBytes(satisfy: isOfToken)
  }

  private static func isOfToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// RFC 9110, 5.5: a value contains no control characters except the tab.
  package static func isValue(_ text: String) -> Bool {
    text.allBytes { ($0 >= 0x20 || $0 == 0x09) && $0 != 0x7F }
  }
}

extension String {
  /// Looked at in one piece, as nearly every string is in memory: each header of each request comes by here.
  fileprivate func allBytes(satisfy isFit: (UInt8) -> Bool) -> Bool {
    utf8.withContiguousStorageIfAvailable { $0.allSatisfy(isFit) } ?? utf8.allSatisfy(isFit)
  }
}
