/// Why there is no answer. Texts name at most the host: path, query and user information may hold secrets.
package enum TransportError: Error, Equatable, Sendable {
  case invalidURL
  /// Not an HTTP token, or empty.
  case invalidMethod
  /// Neither http nor https.
  case unsupportedScheme
  /// A control character in name or value, a name that is no token, or a header that belongs to the transport.
  case invalidHeader(name: String)
  case couldNotResolve(host: String)
  /// `host` is "the proxy" if the proxy could not be reached.
  case couldNotConnect(host: String)
  /// The request's ``Egress`` refuses every address of the host; `address` is one of them. Nothing was sent, and retrying
  /// can't help.
  case forbiddenAddress(host: String, address: String)
  /// The proxy refused to connect, with this status. Nothing reached the server.
  case proxyRefused(status: Int)
  /// A file of authorities, a certificate or a key. Nothing was sent.
  case unreadableFile(path: String, reason: String)
  /// Handshake or certificate; `detail` is the TLS library's text.
  case tls(host: String, detail: String)
  case timedOut(host: String, stage: Stage)
  /// Less than a byte per second was transferred for the request's `stallTimeout`.
  case stalled
  case bodyTooLarge(limit: Int)
  /// The request's ``BodySink`` refused the rest of the answer.
  case notTaken
  /// The connection ended before the answer was complete.
  case cutShort
  /// Not HTTP, a chunk or compressed body that can't be decoded, or more than 256 KiB of headers.
  case badAnswer
  /// The task was cancelled. The request may have reached the server.
  case cancelled
  /// The client was closed before or during the exchange. The request may have reached the server.
  case closed
  /// `code` is libcurl's, or an errno if the thread could not be started; `text` is its fixed text.
  case other(code: Int, text: String)

  /// The phase in which a request timed out.
  package enum Stage: String, Sendable, CaseIterable {
    /// All connection slots of the host were in use: nothing was sent.
    case waiting
    /// Name lookup, TCP or TLS: nothing was sent.
    case connecting
    /// The request may have reached the server.
    case answering
  }
}

extension TransportError: CustomStringConvertible {
  /// A lower-case clause without a full stop.
  package var description: String {
    switch self {
    case .invalidURL: "the URL is not valid"
    case .invalidMethod: "the HTTP method is not valid"
    case .unsupportedScheme: "the URL is neither http nor https"
    case .invalidHeader(let name): "the header \"\(printable(name, most: 60))\" can't be sent"
    case .couldNotResolve(let host): "could not resolve the name \(host)"
    case .couldNotConnect(let host): "could not connect to \(host)"
    case .forbiddenAddress(let host, let address):
      address == host
        ? "\(address) is not an allowed address" : "\(host) resolves to \(address), which is not an allowed address"
    case .proxyRefused(let status): "the proxy refused the connection: it answered \(status)"
    case .unreadableFile(let path, let reason): "the file \(printable(path, most: 200)) can't be read: \(reason)"
    case .tls(let host, let detail): "no secure connection to \(host): \(printable(detail, most: 300))"
    case .timedOut(let host, .waiting): "timed out waiting for a free connection to \(host)"
    case .timedOut(let host, .connecting): "timed out connecting to \(host)"
    case .timedOut(let host, .answering): "timed out waiting for the answer of \(host)"
    case .stalled: "the exchange stalled"
    case .bodyTooLarge(let limit): "the answer is longer than \(limit) bytes"
    case .notTaken: "the answer could not be stored"
    case .cutShort: "the connection ended before the answer did"
    case .badAnswer: "the answer is not valid HTTP"
    case .cancelled: "the request was cancelled"
    case .closed: "the HTTP client is closed"
    case .other(let code, let text): "the transfer failed: \(printable(text, most: 200)) (\(code))"
    }
  }

  /// One of a closed set of words, for the label of a metric.
  package var label: String {
    switch self {
    case .invalidURL: "invalid_url"
    case .invalidMethod: "invalid_method"
    case .unsupportedScheme: "unsupported_scheme"
    case .invalidHeader: "invalid_header"
    case .couldNotResolve: "could_not_resolve"
    case .couldNotConnect: "could_not_connect"
    case .forbiddenAddress: "forbidden_address"
    case .proxyRefused: "proxy_refused"
    case .unreadableFile: "unreadable_file"
    case .tls: "tls"
    case .timedOut: "timed_out"
    case .stalled: "stalled"
    case .bodyTooLarge: "body_too_large"
    case .notTaken: "not_taken"
    case .cutShort: "cut_short"
    case .badAnswer: "bad_answer"
    case .cancelled: "cancelled"
    case .closed: "closed"
    case .other: "other"
    }
  }

  /// All values of ``label``, for metrics that exist before the first error.
  package static let labels = [
    "invalid_url", "invalid_method", "unsupported_scheme", "invalid_header", "could_not_resolve", "could_not_connect",
    "forbidden_address", "proxy_refused", "unreadable_file", "tls", "timed_out", "stalled", "body_too_large",
    "not_taken", "cut_short", "bad_answer", "cancelled", "closed", "other",
  ]
}

/// One line: control characters become spaces, and at most `most` characters are kept.
private func printable(_ text: String, most: Int) -> String {
  String(text.unicodeScalars.prefix(most).map { $0.properties.generalCategory == .control ? " " : Character($0) })
}
