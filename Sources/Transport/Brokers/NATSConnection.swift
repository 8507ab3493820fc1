import CNats
internal import HTTPSyntax

extension BrokerWork {
  /// Publishes to a stream of NATS (JetStream): without one there is no acknowledgement.
  func publishToNATS() throws(TransportError) -> PublicationReply {
    // The library is told the name that the certificate must have, so that it can connect to the very addresses that were looked at.
    try onFirst(of: addresses()) { host throws(TransportError) in try publishToNATS(host) }
  }

  private func publishToNATS(_ host: String) throws(TransportError) -> PublicationReply {
    let connection = try NATSConnection(publication, server)
    if wait.isOver { throw .cancelled }
    if let refusal = try connection.connect(host) { return refusal }
    wait.letIn()
    return try connection.publish()
  }
}

/// A connection to a server of NATS, used by one thread.
struct NATSConnection: ~Copyable {
  private let raw: OpaquePointer
  private let publication: Publication
  private let server: ServerAddress

  /// - Throws: ``TransportError/other(code:text:)``.
  init(_ publication: Publication, _ server: ServerAddress) throws(TransportError) {
    guard let raw = cnats_open() else { throw .outOfMemory }
    self.raw = raw
    self.publication = publication
    self.server = server
  }

  deinit { cnats_close(raw) }

  private var milliseconds: Int64 { max(1, Int64(publication.timeout.inSeconds * 1000)) }

  /// - Returns: nil when we are let in, else why not.
  func connect(_ host: String) throws(TransportError) -> PublicationReply? {
    if let account = publication.account { try check(cnats_set_account(raw, account.user, account.password)) }
    if let token = publication.token { try check(cnats_set_token(raw, token)) }
    if let path = publication.credentialsFile { try check(cnats_set_credentials(raw, path)) }
    if server.scheme == "tls" {
      let certificate = publication.clientCertificate
      try check(
        cnats_set_tls(
          raw, server.bareHost, publication.caFile, certificate?.certificateFile, certificate?.keyFile))
    }
    let place = host.contains(":") ? "[\(host)]" : host
    let code = cnats_connect(raw, "\(server.scheme)://\(place):\(server.port)", milliseconds)
    if Int(code) == CNATS_AUTH_FAILED { return PublicationReply(reason: 401, text: text(of: code)) }
    try check(code)
    return nil
  }

  /// Waits for a stream to store the message.
  func publish() throws(TransportError) -> PublicationReply {
    let result = publication.payload.withUnsafeBytes {
      cnats_publish(
        raw, publication.topic, $0.baseAddress, Int32(clamping: $0.count), publication.contentType, publication.id,
        milliseconds)
    }
    if Int(result.code) == CNATS_NO_RESPONDERS || Int(result.stream_code) == Self.notEnabled {
      return PublicationReply(reason: 503, text: "no stream takes the subject, or JetStream is not on")
    }
    if result.stream_code != 0 {
      let last = lastError
      return PublicationReply(
        reason: Self.status(ofStreamCode: Int(result.stream_code)),
        text: "\(last.isEmpty ? text(of: result.code) : last) (\(result.stream_code))")
    }
    switch Int(result.code) {
    case CNATS_OK: return PublicationReply(reason: 200, text: "stored")
    case CNATS_MAX_PAYLOAD: return PublicationReply(reason: 413, text: "larger than the server takes")
    // The server says so on its own, and never answers.
    case CNATS_TIMEOUT where lastError.lowercased().contains("permissions violation"), CNATS_NOT_PERMITTED:
      return PublicationReply(reason: 403, text: lastError)
    default:
      try check(result.code)
      return PublicationReply(reason: 500, text: text(of: result.code))
    }
  }

  /// JetStream isn't on, by the same list; the library says so as well when nobody answers.
  private static let notEnabled = 10_076

  /// nats-server, `server/errors.json`: 10054 is a message that is larger than the stream takes.
  private static func status(ofStreamCode code: Int) -> Int { code == 10_054 ? 413 : 500 }

  private var lastError: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 300) { buffer in
      guard let text = buffer.baseAddress else { return "" }
      cnats_last_error(raw, text, 300)
      return String(cString: text)
    }
  }

  private func text(of code: Int32) -> String { String(cString: cnats_text(code)) }

  private func check(_ code: Int32) throws(TransportError) {
    switch Int(code) {
    case CNATS_OK: return
    case CNATS_NO_SERVER: throw .couldNotConnect(host: server.host)
    case CNATS_IO, CNATS_CLOSED, CNATS_STALE, CNATS_DISCONNECTED: throw .cutShort
    case CNATS_TIMEOUT: throw .timedOut(host: server.host, stage: .answering)
    case CNATS_TLS, CNATS_TLS_WANTED, CNATS_TLS_REQUIRED: throw .tls(host: server.host, detail: text(of: code))
    default: throw .other(code: Int(code), text: text(of: code))
    }
  }
}
