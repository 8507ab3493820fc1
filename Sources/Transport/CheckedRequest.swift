/// What a ``HTTPRequest`` means on the wire, once nothing in it can break out of its place.
///
/// A class, as it is handed on many times and would be copied member by member.
final class CheckedRequest: Sendable {
  let request: HTTPRequest
  let url: CheckedURL
  /// In libcurl's notation: `Name: value`, `Name;` for an empty value, `Name:` for "don't send yours".
  let headerLines: [String]
  let connection: ConnectionSettings

  /// - Throws: `invalidURL`, `unsupportedScheme`, `invalidMethod`, `invalidHeader` or `unreadableFile`.
  init(_ request: HTTPRequest, userAgent: String?, urls: URLMemory) throws(TransportError) {
    guard isToken(request.method) else { throw .invalidMethod }
    url = try urls.url(request.url)
    self.request = request
    var headers = request.headers
    if let userAgent, !headers.contains(where: { isSameName($0.name, "user-agent") }) {
      headers.append(("User-Agent", userAgent))
    }
    headerLines = try Self.lines(headers)
    connection = ConnectionSettings(
      egress: request.egress, allowsHTTP2: request.allowsHTTP2, caFile: request.caFile,
      clientCertificate: request.clientCertificate)
    try connection.checkFiles()
  }

  /// The body that goes out: none, or possibly empty where the method is expected to have one.
  var body: [UInt8]? {
    switch request.method {
    case "HEAD": nil
    case "POST", "PUT", "PATCH": request.body ?? []
    default: request.body
    }
  }

  private static let ownedByTransport = ["content-length", "transfer-encoding", "expect"]

  private static func lines(_ headers: [(name: String, value: String)]) throws(TransportError) -> [String] {
    // Never wait for a 100 before the body: many servers don't send one, and libcurl would sit out a second.
    var lines = ["Expect:"]
    var namesContent = false
    for (name, value) in headers {
      let isOurs = ownedByTransport.contains { isSameName(name, $0) }
      guard isToken(name), !isOurs, !value.utf8.contains(where: isForbidden) else {
        throw .invalidHeader(name: name)
      }
      namesContent = namesContent || isSameName(name, "content-type")
      // libcurl takes `Name:` with nothing but blanks for "remove this header".
      lines.append(value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? name + ";" : name + ": " + value)
    }
    // libcurl would call every body a form.
    if !namesContent { lines.append("Content-Type:") }
    return lines
  }
}

/// RFC 9110, 5.5: control characters but the tab have no place in a value.
private func isForbidden(_ byte: UInt8) -> Bool {
  (byte < 0x20 && byte != 0x09) || byte == 0x7F
}

/// RFC 9110, 5.6.2.
private func isToken(_ text: String) -> Bool {
  !text.isEmpty
    && text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: tokenMarks.utf8.contains(byte)
      }
    }
}

private let tokenMarks = "!#$%&'*+-.^_`|~"
