import CCurl

/// What is known about a transfer that libcurl has ended.
struct TransferResult {
  var code: CURLcode
  /// 0 until a status line has arrived.
  var status = 0
  var host: String
  var isProxied = false
  var isHeadComplete = false
  var stop: ResponseBuffer.Stop?
  var limit = 0
  /// Name lookup, TCP and TLS were complete, so the request could be sent.
  var wasConnected = false
  /// The request's timeout had almost expired, by our own clock.
  var isOutOfTime = false
  /// The refused address, if no address was allowed.
  var forbiddenAddress: String?
  /// The status of a proxy's answer to CONNECT; 0 without one.
  var connectStatus = 0
  /// The errno of the last failed socket call; 0 without one.
  var systemError = 0
  /// `Content-Length` and the bytes received, both before decompression; -1 without the header.
  var declaredBytes = -1
  var receivedBytes = 0
  /// libcurl's error buffer. Used for TLS only, because in other cases it may quote the URL.
  var detail = ""

  /// The error, or `nil` if the answer is valid.
  var error: TransportError? {
    switch code {
    // libcurl doesn't report a connection that ends in the middle of the head.
    case CURLE_OK: isHeadComplete ? nil : .cutShort
    case CURLE_HTTP2_STREAM: afterReset
    case CURLE_WRITE_ERROR: stopped
    case CURLE_COULDNT_RESOLVE_HOST: .couldNotResolve(host: host)
    case CURLE_COULDNT_CONNECT: notConnected
    case CURLE_COULDNT_RESOLVE_PROXY: .couldNotConnect(host: "the proxy")
    case CURLE_OPERATION_TIMEDOUT: outOfTime
    // With TLS 1.3, the server refuses our certificate only after the handshake.
    case CURLE_RECV_ERROR where isAlert, CURLE_SEND_ERROR where isAlert: .tls(host: host, detail: detail)
    case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR: .cutShort
    // libcurl reports a chunk that can't be decoded with the same code as a broken connection.
    case CURLE_RECV_ERROR where connectStatus >= 300: .proxyRefused(status: connectStatus)
    case CURLE_RECV_ERROR where detail.contains("unexpected eof"): .cutShort
    case CURLE_RECV_ERROR: systemError == 0 ? .badAnswer : .cutShort
    // The scheme is checked, so "unsupported protocol" means HTTP/0.9: an answer without a status line.
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2:
      .badAnswer
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED:
      .tls(host: host, detail: detail.isEmpty ? Self.text(of: code) : detail)
    default: .other(code: Int(code.rawValue), text: Self.text(of: code))
    }
  }

  /// libcurl's fixed text for a code.
  static func text(of code: CURLcode) -> String {
    guard let text = curl_easy_strerror(code) else { return "unknown error" }
    return String(cString: text)
  }

  /// Only the TLS library's text tells.
  private var isAlert: Bool { detail.contains("SSL routines") && detail.contains(" alert ") }

  private var notConnected: TransportError {
    forbiddenAddress.map { .forbiddenAddress(host: host, address: $0) }
      ?? .couldNotConnect(host: isProxied ? "the proxy" : host)
  }

  /// A server may reset an HTTP/2 stream after a complete answer (RFC 9113, 8.1). So the answer is valid, unless it is shorter
  /// than it declared.
  private var afterReset: TransportError? {
    status == 0 || receivedBytes < declaredBytes ? .cutShort : nil
  }

  private var stopped: TransportError? {
    switch stop {
    case .truncated: nil
    case .bodyTooLarge: .bodyTooLarge(limit: limit)
    case .notTaken: .notTaken
    case .headersTooLarge, nil: .badAnswer
    }
  }

  /// libcurl has one code for three timeouts (connect, total, too slow) and distinguishes them only in its text.
  private var outOfTime: TransportError {
    if !wasConnected { return .timedOut(host: host, stage: .connecting) }
    return isOutOfTime ? .timedOut(host: host, stage: .answering) : .stalled
  }
}
