internal import HTTPSyntax
internal import Locking

/// A URL that requests can be sent to. A class, because it is passed on many times and a struct would be copied member by member.
final class CheckedURL: Sendable {
  /// Normalised and percent-encoded, user information included.
  let text: String
  /// As written, without user information and port; safe for error messages.
  let host: String
  let isSecure: Bool
  /// Scheme, host and port; requests with the same origin can reuse a connection.
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

/// Caches parsed URLs: a destination uses the same one every time, and parsing it takes longer than preparing the rest of a
/// request.
final class URLMemory: Sendable {
  private static let capacity = 64

  private let known = Locked<[String: CheckedURL]>([:])

  /// - Throws: ``TransportError/invalidURL`` or ``TransportError/unsupportedScheme``, every time.
  func url(_ text: String) throws(TransportError) -> CheckedURL {
    if let url = known.withLock({ $0[text] }) { return url }
    let url = try CheckedURL(text)
    known.withLock { known in
      // A caller that never repeats a URL gains nothing from the cache, and loses little.
      if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
      known[text] = url
    }
    return url
  }
}
