import CCurl

/// A URL that libcurl's own parser has accepted. The checker of rules files and the transport both use this type, so that they
/// can't disagree about a URL.
///
/// This module validates URLs and header fields: texts flow in, normalised values or a ``URLProblem`` flow out. It is pure and
/// resolves no names. Which headers and URLs make sense is up to its callers.
package struct HTTPURL: Sendable {
  /// Normalised and percent-encoded, user information included.
  package let text: String
  /// As written, without user information and port; safe for error messages.
  package let host: String
  package let isSecure: Bool
  /// Scheme, host and port; requests with the same origin can reuse a connection.
  package let origin: String
  package let hasUser: Bool

  package init(_ url: String) throws(URLProblem) {
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), let parser = curl_url() else { throw .character }
    defer { curl_url_cleanup(parser) }
    let flags = UInt32(CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE)
    let code = curl_url_set(parser, CURLUPART_URL, url, flags)
    guard code == CURLUE_OK else { throw URLProblem(code) }
    guard let scheme = part(CURLUPART_SCHEME, of: parser)?.lowercased() else { throw .notAURL }
    guard scheme == "http" || scheme == "https" else { throw .scheme }
    guard let host = part(CURLUPART_HOST, of: parser), !host.isEmpty else { throw .noHost }
    guard let text = part(CURLUPART_URL, of: parser), let port = part(CURLUPART_PORT, of: parser) else {
      throw .notAURL
    }
    // libcurl accepts port 0, but can't connect to it.
    guard port != "0" else { throw .port }
    self.text = text
    self.host = host
    isSecure = scheme == "https"
    origin = "\(scheme)://\(host.lowercased()):\(port)"
    hasUser = part(CURLUPART_USER, of: parser) != nil || part(CURLUPART_PASSWORD, of: parser) != nil
  }
}

/// What is wrong with a URL. The description is a clause that doesn't show the URL.
package enum URLProblem: Error, Sendable, CaseIterable, CustomStringConvertible {
  /// A scheme other than http and https.
  case scheme
  case noScheme
  case character
  case noHost
  case host
  case port
  case notAURL

  init(_ code: CURLUcode) {
    switch code {
    case CURLUE_BAD_PORT_NUMBER: self = .port
    case CURLUE_NO_HOST: self = .noHost
    case CURLUE_BAD_HOSTNAME, CURLUE_BAD_IPV6: self = .host
    case CURLUE_BAD_SCHEME, CURLUE_UNSUPPORTED_SCHEME: self = .noScheme
    default: self = .notAURL
    }
  }

  package var description: String {
    switch self {
    case .scheme, .noScheme: "does not begin with https:// or http://"
    case .character: "contains a character that isn't allowed in a URL"
    case .noHost: "has no host"
    case .host: "has an invalid host"
    case .port: "has an invalid port: ports are 1 to 65535"
    case .notAURL: "isn't a URL"
    }
  }
}

private func part(_ part: CURLUPart, of parser: OpaquePointer) -> String? {
  var text: UnsafeMutablePointer<CChar>?
  guard curl_url_get(parser, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return nil }
  defer { curl_free(text) }
  return String(cString: text)
}
