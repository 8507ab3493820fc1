internal import HTTPSyntax
internal import Runs
internal import Storage
internal import Tracing

extension Tracer {
  /// An attempt that we cut off ourselves is made again under the same number, and told of then.
  ///
  /// - Parameter result: redacted.
  func attempted(_ start: DestinationQueue.Start, _ result: AttemptResult, at now: Timestamp) {
    guard result.outcome != .interrupted else { return }
    let record = AttemptRecord(
      number: start.delivery.attempt, startedAt: start.startedAt, finishedAt: now, outcome: result.outcome.word,
      code: result.code, detail: result.detail)
    attempted(
      start.delivery, record, type: start.type.word, server: result.server, hasFailed: result.outcome != .delivered)
  }

  /// The host of an address, which is no secret: the path behind it may be.
  static func server(of url: String) -> String? {
    (try? HTTPURL(url))?.host
  }
}
