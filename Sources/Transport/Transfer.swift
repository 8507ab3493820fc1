import CCurl

/// One exchange in progress. Made, used and freed by the thread alone; libcurl's callbacks hold its address.
final class Transfer {
  let job: Job
  private(set) var easy: EasyHandle
  fileprivate var answer: Answer

  /// - Throws: ``TransportError/other(code:text:)`` when libcurl refuses a setting or memory is short.
  init(_ job: Job, caFile: String?, now: SuspendingClock.Instant) throws(TransportError) {
    self.job = job
    let request = job.request.request
    answer = Answer(limit: request.maximumBodyBytes, truncates: request.truncatesBody)
    easy = try EasyHandle()
    try easy.setHabits(caFile: caFile)
    try easy.setLimits(request, left: now.duration(to: job.deadline))
    try check(ccurl_set_url(easy.raw, job.request.url.text))
    try easy.setMethod(request.method, body: job.request.body)
    try easy.setHeaders(job.request.headerLines)
    let address = Unmanaged.passUnretained(self).toOpaque()
    try check(ccurl_set_on_header(easy.raw, takeHeader, address))
    try check(ccurl_set_on_body(easy.raw, takeBody, address))
    try check(ccurl_set_private(easy.raw, UnsafeMutableRawPointer(bitPattern: UInt(job.id))))
  }

  /// The outcome, once libcurl has reported the end of the transfer.
  func outcome(_ code: CURLcode, now: SuspendingClock.Instant) -> Outcome {
    var ending = Ending(code: code, host: job.request.url.host)
    ending.status = easy.status
    ending.isHeadComplete = answer.isHeadComplete
    ending.stop = answer.stop
    ending.limit = job.request.request.maximumBodyBytes
    ending.wasConnected = easy.pretransferMicroseconds > 0
    // libcurl's clock may be ahead of ours by a little; whoever stalls that late has run out of time just as well.
    ending.isOutOfTime = now + .milliseconds(100) >= job.deadline
    ending.systemError = easy.systemError
    ending.declaredBytes = easy.declaredBytes
    ending.receivedBytes = easy.receivedBytes
    ending.detail = easy.errorDetail
    if let error = ending.error { return .failure(error) }
    return .success(
      HTTPResponse(status: ending.status, headers: answer.headers, body: answer.body, peer: easy.peer))
  }

  /// The id of the job that a handle works for.
  static func id(of easy: UnsafeMutableRawPointer) -> UInt64 {
    var value: UnsafeMutableRawPointer?
    guard ccurl_get_private(easy, &value) == CURLE_OK else { return 0 }
    return UInt64(UInt(bitPattern: value))
  }
}

/// `CURLOPT_HEADERFUNCTION`. Any number but that of the bytes given ends the transfer.
private func takeHeader(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return transfer.answer.take(headerLine: line) ? line.count : 0
}

/// `CURLOPT_WRITEFUNCTION`. Any number but that of the bytes given ends the transfer.
private func takeBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  let bytes = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return transfer.answer.take(body: bytes) ? bytes.count : 0
}
