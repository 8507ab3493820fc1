internal import Runs

/// How long to wait after a sweep, given how it went.
struct Backoff: Sendable {
  /// Refused credentials are not tried hot: somebody must mend them first.
  static let afterRefusal: Duration = .seconds(300)

  let interval: Duration
  private(set) var failures = 0

  init(interval: Duration) {
    self.interval = interval
  }

  mutating func succeeded() {
    failures = 0
  }

  /// Full jitter: 1 s doubling to 60 s, of which a random part is waited, and never more often than a sweep is due when
  /// all is well and the interval is short. `Retry-After` wins over everything.
  ///
  /// - Parameter randomness: 0 ..< 1.
  mutating func delay(after error: SourceError, randomness: Double) -> Duration {
    failures += 1
    if case .refused = error { return max(Self.afterRefusal, interval) }
    let ceiling = Duration.seconds(min(60, 1 << min(failures - 1, 6)))
    let jittered = Duration.milliseconds(Int64(Double(ceiling.milliseconds) * randomness))
    return max(jittered, min(interval, .seconds(1)), error.retryAfter ?? .zero)
  }
}
