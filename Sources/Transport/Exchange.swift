import CCurl

/// What the thread does for one ``Job``, whatever protocol it is.
protocol Exchange: AnyObject {
  var job: Job { get }
  var easy: EasyHandle { get }
  /// The deadline of an answer's body; nil before its head is complete, and where there is none.
  var bodyDeadline: SuspendingClock.Instant? { get }

  /// The result, after libcurl has reported the end of the transfer.
  func outcome(_ code: CURLcode, now: SuspendingClock.Instant) -> ResponseResult
  /// The result if `error` ends the transfer.
  func outcome(_ error: TransportError) -> ResponseResult
}
