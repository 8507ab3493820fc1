/// Extracts requests from the bytes of a connection, within ``Limits``.
struct RequestReader {
  /// The status that answers an unreadable request. The connection is then closed, because the start of the next request is
  /// unknown.
  enum Fault: Int, Error {
    case unreadable = 400
    case lengthRequired = 411
    case bodyTooLarge = 413
    case headTooLarge = 431
    case version = 505
  }

  private static let headEnd: [UInt8] = [13, 10, 13, 10]

  private let limits: Limits
  private var bytes: [UInt8] = []
  /// How far the search for the end of the head has come.
  private var searched = 0

  init(_ limits: Limits) {
    self.limits = limits
  }

  /// A part of the next request has arrived.
  var hasBegun: Bool { !bytes.isEmpty }

  mutating func take(_ more: [UInt8]) {
    bytes += more
  }

  /// The next request; nil while it is incomplete.
  mutating func next() throws(Fault) -> Request? {
    let places = max(0, searched - 3)..<max(0, bytes.count - 3)
    guard let end = places.first(where: { bytes[$0] == 13 && bytes[$0..<$0 + 4].elementsEqual(Self.headEnd) }) else {
      searched = bytes.count
      guard bytes.count <= limits.head else { throw .headTooLarge }
      return nil
    }
    searched = end
    guard end <= limits.head else { throw .headTooLarge }
    guard let head = String(validating: bytes[..<end], as: UTF8.self) else { throw .unreadable }
    let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = lines.first?.split(separator: " ", omittingEmptySubsequences: false) ?? []
    guard words.count == 3 else { throw .unreadable }
    guard words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else { throw .version }
    var headers = try Self.headers(lines.dropFirst())
    if words[2] == "HTTP/1.0", headers["connection"]?.lowercased() != "keep-alive" { headers["connection"] = "close" }
    let length = try length(headers)
    guard bytes.count >= end + 4 + length else { return nil }
    let body = Array(bytes[(end + 4)..<(end + 4 + length)])
    guard let request = Request(method: String(words[0]), target: words[1], headers: headers, body: body) else {
      throw .unreadable
    }
    bytes.removeFirst(end + 4 + length)
    searched = 0
    return request
  }

  private func length(_ headers: [String: String]) throws(Fault) -> Int {
    guard headers["transfer-encoding"] == nil else { throw .lengthRequired }
    guard let text = headers["content-length"] else { return 0 }
    guard text.utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(text) else { throw .unreadable }
    guard length <= limits.body else { throw .bodyTooLarge }
    return length
  }

  /// Refuses spaces in names and folded lines, which proxies may read differently (RFC 9112, section 5.1).
  private static func headers(_ lines: ArraySlice<Substring>) throws(Fault) -> [String: String] {
    var headers: [String: String] = [:]
    for line in lines {
      guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
        line[..<colon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "!#$%&'*+-.^_`|~".contains($0)) })
      else { throw .unreadable }
      let name = line[..<colon].lowercased()
      let value = String(line[line.index(after: colon)...].trimmed)
      guard value.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 || $0 == "\t" }) else {
        throw .unreadable
      }
      if let first = headers[name] {
        // With two of these it is undefined which one counts.
        guard name != "host", name != "content-length" else { throw .unreadable }
        headers[name] = "\(first), \(value)"
      } else {
        headers[name] = value
      }
    }
    return headers
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var rest = self.drop { $0 == " " || $0 == "\t" }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return rest
  }
}
