import CCurl
import Glibc
internal import Notation

/// One HTTP exchange in progress. Only the thread creates, uses and frees it; libcurl's callbacks hold its address.
final class Transfer: Exchange {
  let job: Job
  let checked: CheckedRequest
  let easy: EasyHandle
  fileprivate var answer: ResponseBuffer
  private let isProxied: Bool
  /// Whether the sink takes the body; nil before its first byte.
  private var isSunk: Bool?
  /// One of the refused addresses.
  private var refused: IPAddress?
  private var hasTriedAllowed = false
  /// The deadline of the body; nil before the head is complete, and if the request sets none.
  private(set) var bodyDeadline: SuspendingClock.Instant?

  /// - Throws: ``TransportError/other(code:text:)`` if libcurl refuses a setting or memory is short, and `forbiddenAddress` if
  ///   the request must not be sent through the proxy.
  init(
    _ job: Job, _ checked: CheckedRequest, on easy: EasyHandle, proxy: String?, now: SuspendingClock.Instant
  ) throws(TransportError) {
    self.job = job
    self.checked = checked
    self.easy = easy
    isProxied = proxy != nil
    let request = checked.request
    if proxy != nil, let address = request.egress.refusal(ofHost: checked.url.host) {
      throw .forbiddenAddress(host: checked.url.host, address: "\(address)")
    }
    answer = ResponseBuffer(
      limit: request.maximumBodyBytes, truncates: request.truncatesBody, errorLimit: request.maximumErrorBytes)
    try easy.prepare(checked, proxy: proxy, left: now.duration(to: job.deadline))
    let address = Unmanaged.passUnretained(self).toOpaque()
    try check(ccurl_set_on_open_socket(easy.raw, openSocket, address))
    try check(ccurl_set_on_header(easy.raw, takeHeader, address))
    try check(ccurl_set_on_body(easy.raw, takeBody, address))
    try check(ccurl_set_private(easy.raw, UnsafeMutableRawPointer(bitPattern: UInt(job.id))))
  }

  /// Whether an address may be connected to. With a proxy, this is the proxy's address.
  fileprivate func allows(_ address: UnsafePointer<sockaddr>) -> Bool {
    let egress = checked.connection.egress
    guard egress != .anywhere, !isProxied else { return true }
    guard let address = IPAddress(address) else { return false }
    let isAllowed = egress.allows(address)
    if isAllowed { hasTriedAllowed = true } else { refused = address }
    return isAllowed
  }

  /// Consumes one line of a head.
  ///
  /// - Returns: false to end the transfer.
  fileprivate func take(headerLine line: UnsafeRawBufferPointer) -> Bool {
    guard answer.take(headerLine: line) else { return false }
    if bodyDeadline == nil, answer.isHeadComplete, let patience = checked.request.bodyPatience {
      bodyDeadline = .now + patience
    }
    return true
  }

  /// Consumes bytes of the body, into memory or the request's sink.
  ///
  /// - Returns: false to end the transfer.
  fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Bool {
    guard let sink = checked.request.sink else { return answer.take(body: bytes) }
    let isSunk = self.isSunk ?? sink.accepts(response())
    self.isSunk = isSunk
    guard isSunk else { return answer.take(body: bytes) }
    if sink.take(bytes) { return true }
    answer.notTaken()
    return false
  }

  /// The result, after libcurl has reported the end of the transfer.
  func outcome(_ code: CURLcode, now: SuspendingClock.Instant) -> ResponseResult {
    if code == CURLE_OK, answer.isHeadComplete { return .success(response()) }
    var ending = TransferResult(code: code, host: checked.url.host)
    ending.isProxied = isProxied
    ending.status = easy.status
    ending.isHeadComplete = answer.isHeadComplete
    ending.stop = answer.stop
    ending.limit = checked.request.maximumBodyBytes
    ending.wasConnected = easy.pretransferMicroseconds > 0
    // libcurl's clock may be slightly ahead of ours; a stall this close to the deadline is a timeout, too.
    ending.isOutOfTime = now + .milliseconds(100) >= job.deadline
    // An allowed address that failed may work later.
    if !hasTriedAllowed { ending.forbiddenAddress = refused?.description }
    ending.connectStatus = easy.connectStatus
    ending.systemError = easy.systemError
    ending.declaredBytes = easy.declaredBytes
    ending.receivedBytes = easy.receivedBytes
    ending.detail = easy.errorDetail
    guard let error = ending.error else { return .success(response()) }
    return outcome(error)
  }

  /// The result if `error` ends the transfer: after the head, an answer with an incomplete body.
  func outcome(_ error: TransportError) -> ResponseResult {
    // A refusal by the request's own sink says nothing about the answer.
    guard answer.isHeadComplete, error != .notTaken else { return .failure(error) }
    return .success(response(fault: error))
  }

  private func response(fault: TransportError? = nil) -> HTTPResponse {
    HTTPResponse(status: easy.status, headers: answer.headers, body: answer.body, peer: easy.peer, bodyFault: fault)
  }

  /// The id of the job that a handle carries.
  static func id(of easy: UnsafeMutableRawPointer) -> UInt64 {
    var value: UnsafeMutableRawPointer?
    guard ccurl_get_private(easy, &value) == CURLE_OK else { return 0 }
    return UInt64(UInt(bitPattern: value))
  }
}

/// `CURLOPT_OPENSOCKETFUNCTION`.
private func openSocket(
  _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let context, let address, let place = ccurl_address(address) else { return CURL_SOCKET_BAD }
  let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  return transfer.allows(place) ? ccurl_open_socket(address) : CURL_SOCKET_BAD
}

/// `CURLOPT_HEADERFUNCTION`. Any result other than the number of bytes ends the transfer.
private func takeHeader(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return transfer.take(headerLine: line) ? line.count : 0
}

/// `CURLOPT_WRITEFUNCTION`. Any result other than the number of bytes ends the transfer.
private func takeBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  let bytes = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return transfer.take(body: bytes) ? bytes.count : 0
}
