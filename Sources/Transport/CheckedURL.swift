import CCurl
internal import Locking

/// A URL that libcurl's own parser has accepted, so that what is checked and what is connected to can't differ.
final class CheckedURL: Sendable {
  /// Normalised and percent-encoded, user information included.
  let text: String
  /// As written, without user information and port; fit for error texts.
  let host: String
  let isSecure: Bool
  /// Scheme, host and port: what a connection can be reused for.
  let origin: String

  /// - Throws: ``TransportError/invalidURL`` or ``TransportError/unsupportedScheme``.
  init(_ url: String) throws(TransportError) {
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), let parser = curl_url() else { throw .invalidURL }
    defer { curl_url_cleanup(parser) }
    let flags = UInt32(CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE)
    guard curl_url_set(parser, CURLUPART_URL, url, flags) == CURLUE_OK else { throw .invalidURL }
    guard let scheme = part(CURLUPART_SCHEME, of: parser)?.lowercased() else { throw .invalidURL }
    guard scheme == "http" || scheme == "https" else { throw .unsupportedScheme }
    guard
      let text = part(CURLUPART_URL, of: parser),
      let host = part(CURLUPART_HOST, of: parser), !host.isEmpty,
      let port = part(CURLUPART_PORT, of: parser)
    else { throw .invalidURL }
    self.text = text
    self.host = host
    isSecure = scheme == "https"
    origin = "\(scheme)://\(host.lowercased()):\(port)"
  }
}

private func part(_ part: CURLUPart, of parser: OpaquePointer) -> String? {
  var text: UnsafeMutablePointer<CChar>?
  guard curl_url_get(parser, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return nil }
  defer { curl_free(text) }
  return String(cString: text)
}

/// Remembers what URLs came to: a destination's is the same every time, and parsing it takes longer than the rest of a
/// request's preparation.
final class URLMemory: Sendable {
  private static let capacity = 64

  private let known = Locked<[String: CheckedURL]>([:])

  /// - Throws: ``TransportError/invalidURL`` or ``TransportError/unsupportedScheme``, every time.
  func url(_ text: String) throws(TransportError) -> CheckedURL {
    if let url = known.withLock({ $0[text] }) { return url }
    let url = try CheckedURL(text)
    known.withLock { known in
      // Whoever asks for ever new URLs gains nothing, and loses little.
      if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
      known[text] = url
    }
    return url
  }
}
