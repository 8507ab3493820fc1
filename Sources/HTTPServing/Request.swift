/// A complete request within ``Limits``.
package struct Request: Sendable {
  package let method: String
  /// The decoded parts of the path: `/api/v1/runs/a%2Fb` has four, of which `a/b` is the last.
  package let segments: [String]
  package let query: [String: String]
  /// By lower-case name; repeated headers are joined by commas.
  package let headers: [String: String]
  package let body: [UInt8]
  /// The address of the client, without its port; empty if it is unknown. Behind a proxy it is the proxy's.
  package var peer: String

  package init(
    method: String, segments: [String], query: [String: String] = [:], headers: [String: String] = [:],
    body: [UInt8] = [], peer: String = ""
  ) {
    (self.method, self.segments, self.query) = (method, segments, query)
    (self.headers, self.body, self.peer) = (headers, body, peer)
  }

  /// Nil if the target isn't a path or its percent-encoding is invalid.
  init?(method: String, target: Substring, headers: [String: String], body: [UInt8]) {
    guard target.first == "/" else { return nil }
    let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let segments = halves[0].split(separator: "/").map { Self.decoded($0) }
    guard !segments.contains(nil) else { return nil }
    var query: [String: String] = [:]
    for pair in halves.count > 1 ? halves[1].split(separator: "&") : [] {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(sides[0], plus: true),
        let value = Self.decoded(sides.count > 1 ? sides[1] : "", plus: true)
      else { return nil }
      query[name] = value
    }
    self.init(
      method: method, segments: segments.compactMap(\.self), query: query, headers: headers, body: body)
  }

  var keepsAlive: Bool { headers["connection"]?.lowercased() != "close" }

  /// Nil if an escape is incomplete or the result isn't UTF-8.
  private static func decoded(_ text: Substring, plus: Bool = false) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
          return nil
        }
        bytes.append(value)
        rest = rest.dropFirst(2)
      case UInt8(ascii: "+") where plus: bytes.append(UInt8(ascii: " "))
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
