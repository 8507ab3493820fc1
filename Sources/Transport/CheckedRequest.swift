internal import HTTPSyntax

/// The wire form of a ``HTTPRequest``, after checking that no part of it can break the framing.
///
/// A class, because it is passed on many times and a struct would be copied member by member.
final class CheckedRequest: Sendable {
  let request: HTTPRequest
  let url: CheckedURL
  /// In libcurl's notation: `Name: value`, `Name;` for an empty value, `Name:` for "don't send yours".
  let headerLines: [String]
  let connection: ConnectionSettings

  /// - Throws: `invalidURL`, `unsupportedScheme`, `invalidMethod`, `invalidHeader` or `unreadableFile`.
  init(_ request: HTTPRequest, userAgent: String?, urls: URLMemory) throws(TransportError) {
    guard HTTPHeader.isToken(request.method) else { throw .invalidMethod }
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

  /// The body to send: nil for none, possibly empty if the method is expected to have one.
  var body: [UInt8]? {
    switch request.method {
    case "HEAD": nil
    case "POST", "PUT", "PATCH": request.body ?? []
    default: request.body
    }
  }

  private static func lines(_ headers: [(name: String, value: String)]) throws(TransportError) -> [String] {
    // Never wait for a 100 response before the body: many servers don't send one, and libcurl would wait a second.
    var lines = ["Expect:"]
    var namesContent = false
    for (name, value) in headers {
      let isOurs = HTTPHeader.ofTransport.contains { isSameName(name, $0) }
      guard HTTPHeader.isToken(name), !isOurs, HTTPHeader.isValue(value) else {
        throw .invalidHeader(name: name)
      }
      namesContent = namesContent || isSameName(name, "content-type")
      // libcurl treats `Name:` followed only by blanks as "remove this header".
      lines.append(value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? name + ";" : name + ": " + value)
    }
    // libcurl would declare every body a form.
    if !namesContent { lines.append("Content-Type:") }
    return lines
  }
}
