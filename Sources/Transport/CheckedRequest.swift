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
  /// Proxies may change it on the way, which would break a signature over it.
  let unsignedUserAgent: String?

  /// - Throws: `invalidURL`, `unsupportedScheme`, `invalidMethod`, `invalidHeader` or `unreadableFile`.
  init(_ request: HTTPRequest, userAgent: String?, urls: URLMemory) throws(TransportError) {
    guard HTTPHeader.isToken(request.method) else { throw .invalidMethod }
    url = try urls.url(request.url)
    self.request = request
    var headers = request.headers
    let isNamed = headers.contains { isSameName($0.name, "user-agent") }
    unsignedUserAgent = request.signature != nil && !isNamed ? userAgent : nil
    if let userAgent, !isNamed, unsignedUserAgent == nil { headers.append(("User-Agent", userAgent)) }
    if let token = request.signature?.sessionToken { headers.append(("X-Amz-Security-Token", token)) }
    headerLines = try Self.lines(headers, isSigned: request.signature != nil)
    connection = ConnectionSettings(
      egress: request.egress, allowsHTTP2: request.allowsHTTP2, caFile: request.caFile,
      clientCertificate: request.clientCertificate, isSigned: request.signature != nil)
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

  private static func lines(_ headers: [(name: String, value: String)], isSigned: Bool) throws(TransportError)
    -> [String]
  {
    // Never wait for a 100 response before the body: many servers don't send one, and libcurl would wait a second.
    // libcurl would sign this line, which isn't sent, as well; to signed bodies, which are small, it adds no Expect.
    var lines = isSigned ? [] : ["Expect:"]
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
