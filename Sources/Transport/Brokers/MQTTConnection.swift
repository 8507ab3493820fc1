import CMosquitto
import Glibc
internal import HTTPSyntax

/// A connection to an MQTT broker, used by one thread.
struct MQTTConnection: ~Copyable {
  /// Milliseconds between two looks whether anybody still waits.
  private static let turnLength: Int32 = 100

  private let raw: OpaquePointer
  private let publication: Publication
  private let server: ServerAddress

  /// - Throws: ``TransportError/other(code:text:)`` and `tls`.
  init(_ publication: Publication, _ server: ServerAddress) throws(TransportError) {
    guard let raw = cmosquitto_open() else { throw .outOfMemory }
    self.raw = raw
    self.publication = publication
    self.server = server
  }

  deinit { cmosquitto_close(raw) }

  var socket: Int32 { cmosquitto_socket(raw) }
  var connectReason: Int? { reason(cmosquitto_connect_reason(raw)) }
  var publishReason: Int? { reason(cmosquitto_publish_reason(raw)) }

  private func reason(_ code: Int32) -> Int? { code < 0 ? nil : Int(code) }

  /// Blocks until TCP and TLS are there, and asks to be let in.
  func connect(_ host: String) throws(TransportError) {
    if let account = publication.account {
      try check(cmosquitto_set_account(raw, account.user, account.password))
    }
    if server.scheme == "mqtts" {
      let certificate = publication.clientCertificate
      try check(
        cmosquitto_set_tls(raw, publication.caFile, certificate?.certificateFile, certificate?.keyFile))
    }
    try check(cmosquitto_connect(raw, host, Int32(server.port)))
  }

  /// Sends and receives for a moment.
  func turn() throws(TransportError) {
    let code = cmosquitto_loop(raw, Self.turnLength)
    // What the broker said before it closed is what counts.
    if connectReason ?? 0 != 0 || publishReason != nil { return }
    let reason = cmosquitto_disconnect_reason(raw)
    if code != 0, reason >= 128 {
      throw .other(
        code: Int(reason), text: "the broker ended the connection: \(String(cString: cmosquitto_reason_text(reason)))")
    }
    try check(code)
  }

  /// - Returns: nil when the message is on its way, else the reason why the broker takes no such message.
  func publish() throws(TransportError) -> Int? {
    let code = publication.payload.withUnsafeBytes {
      cmosquitto_publish(
        raw, publication.topic, $0.baseAddress, Int32(clamping: $0.count), publication.isRetained,
        publication.contentType, publication.id)
    }
    switch Int(code) {
    case CMOSQUITTO_TOO_LARGE, CMOSQUITTO_TOO_LARGE_PAYLOAD: return 149
    case CMOSQUITTO_RETAIN: return 154
    case CMOSQUITTO_QOS: return 155
    default:
      try check(code)
      return nil
    }
  }

  /// The broker need not answer.
  func disconnect() { cmosquitto_disconnect(raw) }

  private func check(_ code: Int32) throws(TransportError) {
    let number = errno
    switch Int(code) {
    case CMOSQUITTO_OK: return
    case CMOSQUITTO_RESOLVE: throw .couldNotResolve(host: server.host)
    case CMOSQUITTO_ERRNO where number == EPROTO, CMOSQUITTO_TLS, CMOSQUITTO_TLS_HANDSHAKE:
      throw .tls(host: server.host, detail: String(cString: cmosquitto_text(code)))
    case CMOSQUITTO_ERRNO: throw .couldNotConnect(host: server.host)
    case CMOSQUITTO_REFUSED, CMOSQUITTO_LOST: throw .cutShort
    default: throw .other(code: Int(code), text: String(cString: cmosquitto_text(code)))
    }
  }
}
