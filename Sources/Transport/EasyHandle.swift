import CCurl
internal import HTTPSyntax

/// A libcurl easy handle and the memory that must live as long as it does. One transfer after another uses it: connection
/// settings stay, request settings are replaced.
final class EasyHandle {
  let raw: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>
  private var headers: UnsafeMutablePointer<curl_slist>?
  private var isStreaming = false
  private var isDecoding = true

  /// - Parameter protocols: that it may use, in libcurl's notation.
  init(protocols: String = "http,https") throws(TransportError) {
    guard let raw = curl_easy_init() else { throw .outOfMemory }
    self.raw = raw
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    try setHabits(protocols)
  }

  deinit {
    curl_easy_cleanup(raw)
    errorText.deallocate()
    curl_slist_free_all(headers)
  }

  /// Replaces all request settings. Must not be called while the handle is in use.
  ///
  /// - Parameter left: the rest of the request's timeout.
  func prepare(_ checked: CheckedRequest, proxy: String?, left: Duration) throws(TransportError) {
    errorText[0] = 0
    try check(checked.url.text.withCString { ccurl_set_url(raw, $0) })
    try check((proxy ?? "").withCString { ccurl_set_proxy(raw, $0) })
    try setMethod(checked.request.method, body: checked.body)
    try setHeaders(checked.headerLines)
    try setLimits(checked.request, left: left)
    try setStreaming(checked.request.sink != nil)
    try setDecoding(checked.request.sink == nil && checked.request.acceptsEncodings)
    try check(ccurl_set_fresh_connect(raw, checked.request.isFresh ? 1 : 0))
    if let signature = checked.request.signature { try setSignature(signature, checked.unsignedUserAgent) }
  }

  /// The settings of a mail, on a connection that no other transfer has used or will use.
  ///
  /// - Parameter proxy: asked for a tunnel, as libcurl does for all that isn't HTTP.
  func prepare(_ mail: CheckedMail, proxy: String?, left: Duration) throws(TransportError) {
    errorText[0] = 0
    let request = mail.request
    try check(ccurl_set_url(raw, mail.server.text))
    try check(ccurl_set_proxy(raw, proxy ?? ""))
    try check(ccurl_set_starttls(raw, !mail.isSecureFromTheStart && request.requiresTLS))
    if let account = request.account {
      try check(ccurl_set_user(raw, account.user))
      try check(ccurl_set_password(raw, account.password))
    }
    try check(ccurl_set_sender(raw, request.sender))
    try check(ccurl_set_upload_size(raw, curl_off_t(request.content.count)))
    try check(ccurl_set_fresh_connect(raw, 1))
    try check(ccurl_set_forbid_reuse(raw, 1))
    try check(ccurl_set_timeout_ms(raw, left.wholeMilliseconds))
    try check(ccurl_set_connect_timeout_ms(raw, request.connectTimeout.wholeMilliseconds))
  }

  /// Handles that sign are used for nothing else (``ConnectionSettings/isSigned``), so this is never taken back.
  private func setSignature(_ signature: AWSSignature, _ userAgent: String?) throws(TransportError) {
    try check(ccurl_set_user_agent(raw, userAgent))
    try check(ccurl_set_aws_signature(raw, signature.parameters))
    try check(ccurl_set_user(raw, signature.accessKey))
    try check(ccurl_set_password(raw, signature.secretKey))
  }

  /// A streaming body uses a large buffer; other bodies use a small one, because many handles have one.
  private func setStreaming(_ isOn: Bool) throws(TransportError) {
    guard isOn != isStreaming else { return }
    try check(ccurl_set_buffer_size(raw, isOn ? 256 * 1024 : Int(CURL_MAX_WRITE_SIZE)))
    isStreaming = isOn
  }

  /// On decompresses the body; off takes it as sent.
  private func setDecoding(_ isOn: Bool) throws(TransportError) {
    guard isOn != isDecoding else { return }
    try check(ccurl_set_accept_encoding(raw, isOn ? "" : nil))
    isDecoding = isOn
  }

  /// The settings that connections depend on.
  ///
  /// - Parameter caFile: the client's, used if the settings name none.
  func setConnection(_ settings: ConnectionSettings, caFile: String?) throws(TransportError) {
    let version = settings.allowsHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
    try check(ccurl_set_http_version(raw, version))
    if settings.allowsHTTP2 { try check(ccurl_set_wait_for_multiplexing(raw, 1)) }
    if let certificate = settings.clientCertificate {
      try check(ccurl_set_certificate(raw, certificate.certificateFile))
      try check(ccurl_set_key(raw, certificate.keyFile))
      // Without an empty passphrase, OpenSSL would prompt for one on the terminal and block the thread.
      try check(ccurl_set_key_passphrase(raw, ""))
    }
    guard let caFile = settings.caFile ?? caFile else { return }
    try check(ccurl_set_ca_file(raw, caFile))
    try check(ccurl_set_ca_path(raw, nil))
  }

  private func setHeaders(_ lines: [String]) throws(TransportError) {
    try check(ccurl_set_headers(raw, nil))
    curl_slist_free_all(headers)
    headers = nil
    for line in lines {
      // libcurl copies it; handing over the string itself would copy it once more before.
      guard let longer = line.withCString({ curl_slist_append(headers, $0) }) else { throw .outOfMemory }
      headers = longer
    }
    try check(ccurl_set_headers(raw, headers))
  }

  /// Sets method and body; see ``CheckedRequest/body``.
  private func setMethod(_ method: String, body: [UInt8]?) throws(TransportError) {
    try check(ccurl_set_get(raw))  // undoes HEAD and POST
    var standard = "GET"
    if method == "HEAD" {
      try check(ccurl_set_head(raw))
      standard = "HEAD"
    } else if let body {
      try check(body.withUnsafeBytes { ccurl_set_body(raw, $0.baseAddress, $0.count) })
      standard = "POST"
    }
    try check(ccurl_set_method(raw, method == standard ? nil : method))
  }

  /// Settings that are the same for every transfer.
  private func setHabits(_ protocols: String) throws(TransportError) {
    try check(ccurl_set_error_text(raw, errorText))
    try check(ccurl_set_protocols(raw, protocols))
    try check(ccurl_set_follow_location(raw, 0))
    try check(ccurl_set_accept_encoding(raw, ""))
    try check(ccurl_set_suppress_connect_headers(raw, 1))
    try check(ccurl_set_no_signal(raw, 1))
    try check(ccurl_set_no_proxy(raw, ""))
    try check(ccurl_set_ca_cache_timeout(raw, 600))
    // Without this, a transfer cancelled during a name lookup blocks the thread until the lookup ends.
    try check(ccurl_set_quick_exit(raw, 1))
  }

  private func setLimits(_ request: HTTPRequest, left: Duration) throws(TransportError) {
    try check(ccurl_set_timeout_ms(raw, left.wholeMilliseconds))
    try check(ccurl_set_connect_timeout_ms(raw, request.connectTimeout.wholeMilliseconds))
    try check(ccurl_set_low_speed_limit(raw, request.stallTimeout == nil ? 0 : 1))
    try check(ccurl_set_low_speed_time(raw, request.stallTimeout.map { ($0.wholeMilliseconds + 999) / 1000 } ?? 0))
  }

  var errorDetail: String { String(cString: errorText) }
}

/// Results of a finished transfer.
extension EasyHandle {
  var status: Int { number(ccurl_get_status) }
  var connectStatus: Int { number(ccurl_get_connect_status) }
  var systemError: Int { number(ccurl_get_os_error) }
  var pretransferMicroseconds: Int { number(ccurl_get_pretransfer_time) }
  var declaredBytes: Int { number(ccurl_get_declared_length) }
  var receivedBytes: Int { number(ccurl_get_received_length) }

  var peer: String? {
    var address: UnsafePointer<CChar>?
    var port = 0
    guard
      ccurl_get_peer_address(raw, &address) == CURLE_OK, let address,
      ccurl_get_peer_port(raw, &port) == CURLE_OK, port > 0
    else { return nil }
    let text = String(cString: address)
    return text.utf8.contains(UInt8(ascii: ":")) ? "[\(text)]:\(port)" : text + ":" + String(port)
  }

  private func number(_ get: (UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> CURLcode) -> Int {
    var value = 0
    return get(raw, &value) == CURLE_OK ? value : 0
  }
}

extension TransportError {
  static var outOfMemory: Self { Self(CURLE_OUT_OF_MEMORY) }

  init(_ code: CURLcode) {
    self = .other(code: Int(code.rawValue), text: TransferResult.text(of: code))
  }
}

/// Throws if a libcurl setter failed.
func check(_ code: CURLcode) throws(TransportError) {
  if code != CURLE_OK { throw TransportError(code) }
}

extension Duration {
  /// Rounded up; 1 ms to about 24 days, because 0 means "no limit" to libcurl and a C long may have 32 bits.
  fileprivate var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    if seconds < 0 { return 1 }
    if seconds > 2_000_000 { return 2_000_000_000 }
    return max(1, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
  }
}
