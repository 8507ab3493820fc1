extension String {
  /// This URL with one more parameter in its query; the rest stays as it was written.
  func withQuery(_ parameter: String) -> String {
    let fragment = firstIndex(of: "#") ?? endIndex
    let joint = self[..<fragment].contains("?") ? "&" : "?"
    return "\(self[..<fragment])\(joint)\(parameter)\(self[fragment...])"
  }

  /// This URL with a path behind it.
  func withPath(_ path: String) -> String {
    (hasSuffix("/") ? String(dropLast()) : self) + path
  }

  /// For one part of a path or one value of a query: everything but letters, digits, `-`, `.`, `_` and `~` as `%XX`
  /// (RFC 3986, section 2.3).
  var percentEncoded: String {
    utf8.map { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        return String(UnicodeScalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        return "%\(digits.count == 1 ? "0" : "")\(digits)"
      }
    }.joined()
  }
}

extension DestinationType {
  /// The service whose address this is, where only one service answers there.
  static func owner(ofURL url: String) -> DestinationType? {
    let authority = url.drop { $0 != "/" }.dropFirst(2).prefix { !"/?#:".contains($0) }.lowercased()
    return all.first { type in
      type.implementation.hosts.contains { authority == $0 || authority.hasSuffix(".\($0)") }
    }
  }
}
