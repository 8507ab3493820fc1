import CCurl
import Glibc
internal import HTTPSyntax
internal import Notation

/// One mail in progress, on a connection of its own. Only the thread creates, uses and frees it; libcurl's callbacks hold its
/// address.
///
/// libcurl says QUIT before it closes a connection, and blocks its thread, with everybody's transfers, until the server has
/// answered. So once all is said the reading side of the socket is shut: QUIT goes out, and nobody waits for the answer.
final class MailTransfer: Exchange {
  let job: Job
  let easy: EasyHandle
  let bodyDeadline: SuspendingClock.Instant? = nil
  private let mail: CheckedMail
  private var dialogue: MailDialogue
  private var recipients: UnsafeMutablePointer<curl_slist>?
  private var sent = 0
  /// Those that libcurl has opened and not closed.
  private var sockets: Set<Int32> = []
  /// One of the refused addresses.
  private var refused: IPAddress?
  private var hasTriedAllowed = false
  private let isProxied: Bool

  /// - Parameter caFile: the client's, used if the request names none.
  /// - Throws: ``TransportError/other(code:text:)`` if libcurl refuses a setting or memory is short, and `forbiddenAddress` if
  ///   the mail must not be sent through the proxy.
  init(
    _ job: Job, _ mail: CheckedMail, proxy: String?, caFile: String?, now: SuspendingClock.Instant
  ) throws(TransportError) {
    self.job = job
    self.mail = mail
    isProxied = proxy != nil
    if isProxied, let address = mail.request.egress.refusal(ofHost: mail.server.host) {
      throw .forbiddenAddress(host: mail.server.host, address: "\(address)")
    }
    easy = try EasyHandle(protocols: "smtp,smtps")
    dialogue = MailDialogue(mayKnowHELOOnly: mail.isSecureFromTheStart || !mail.request.requiresTLS)
    try easy.setConnection(
      ConnectionSettings(caFile: mail.request.caFile, clientCertificate: mail.request.clientCertificate), caFile: caFile
    )
    try easy.prepare(mail, proxy: proxy, left: now.duration(to: job.deadline))
    recipients = curl_slist_append(nil, mail.request.recipient)
    guard recipients != nil else { throw .outOfMemory }
    let address = Unmanaged.passUnretained(self).toOpaque()
    try check(ccurl_set_recipients(easy.raw, recipients))
    try check(ccurl_set_on_open_socket(easy.raw, openSocket, address))
    try check(ccurl_set_on_close_socket(easy.raw, closeSocket, address))
    try check(ccurl_set_on_header(easy.raw, takeLine, address))
    try check(ccurl_set_on_read(easy.raw, giveContent, address))
    try check(ccurl_set_private(easy.raw, UnsafeMutableRawPointer(bitPattern: UInt(job.id))))
  }

  deinit { curl_slist_free_all(recipients) }

  func outcome(_ code: CURLcode, now: SuspendingClock.Instant) -> ResponseResult {
    if code == CURLE_OK || dialogue.code >= 400 { return .success(reply) }
    var ending = TransferResult(code: code, host: mail.server.host)
    ending.isProxied = isProxied
    ending.connectStatus = easy.connectStatus
    ending.wasConnected = easy.pretransferMicroseconds > 0 || dialogue.code > 0
    ending.isOutOfTime = now + .milliseconds(100) >= job.deadline
    if !hasTriedAllowed { ending.forbiddenAddress = refused?.description }
    ending.systemError = easy.systemError
    ending.detail = easy.errorDetail
    return .failure(ending.error ?? .cutShort)
  }

  func outcome(_ error: TransportError) -> ResponseResult { .failure(error) }

  private var reply: HTTPResponse {
    HTTPResponse(status: dialogue.code, body: Array(dialogue.text.utf8), peer: easy.peer)
  }

  fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    let egress = mail.request.egress
    if egress != .anywhere, !isProxied {
      guard let place = ccurl_address(address), let destination = IPAddress(place) else { return CURL_SOCKET_BAD }
      guard egress.allows(destination) else {
        refused = destination
        return CURL_SOCKET_BAD
      }
    }
    hasTriedAllowed = true
    let opened = ccurl_open_socket(address)
    if opened >= 0 { sockets.insert(opened) }
    return opened
  }

  fileprivate func close(_ socket: curl_socket_t) -> Int32 {
    sockets.remove(socket)
    return Glibc.close(socket)
  }

  fileprivate func take(line: UnsafeRawBufferPointer) {
    guard dialogue.take(line: line) else { return }
    for socket in sockets { shutdown(socket, Int32(SHUT_RD)) }
  }

  /// - Returns: how many bytes were written to `room`.
  fileprivate func give(_ room: UnsafeMutableRawBufferPointer) -> Int {
    let part = mail.request.content[sent...].prefix(room.count)
    room.copyBytes(from: part)
    sent += part.count
    if sent == mail.request.content.count { dialogue.contentWasSent() }
    return part.count
  }
}

private func transfer(_ context: UnsafeMutableRawPointer) -> MailTransfer {
  Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue()
}

/// `CURLOPT_OPENSOCKETFUNCTION`.
private func openSocket(
  _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let context, let address else { return CURL_SOCKET_BAD }
  return transfer(context).open(address)
}

/// `CURLOPT_CLOSESOCKETFUNCTION`.
private func closeSocket(_ context: UnsafeMutableRawPointer?, _ socket: curl_socket_t) -> Int32 {
  guard let context else { return Glibc.close(socket) }
  return transfer(context).close(socket)
}

/// `CURLOPT_HEADERFUNCTION`: lines of the server's.
private func takeLine(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  transfer(context).take(line: line)
  return line.count
}

/// `CURLOPT_READFUNCTION`: 0 ends the mail.
private func giveContent(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context, let bytes else { return 0 }
  return transfer(context).give(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}
