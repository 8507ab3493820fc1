internal import HTTPSyntax
internal import Locking

/// A URL that can be sent to. A class, as it is handed on many times and would be copied member by member.
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
    let parts: HTTPURL
    do throws(URLProblem) {
      parts = try HTTPURL(url)
    } catch {
      throw error == .scheme ? .unsupportedScheme : .invalidURL
    }
    text = parts.text
    host = parts.host
    isSecure = parts.isSecure
    origin = parts.origin
  }
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
