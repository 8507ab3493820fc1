internal import Runs

/// Estimates how far the source's clock is ahead of ours, from its answers. Pure.
///
/// A single answer may be wrong: a cache in front of the API, or one of its servers, may have a wrong clock. So this takes the
/// median of the last five answers, and follows a jump once three of them show it. Before there are three, it ignores a source
/// that seems to be ahead and believes one that seems to be behind: either way, one wrong answer makes nothing happen early.
///
/// The source's clock is recorded relative to our uptime, which can't be set, so that setting our wall clock changes the skew at
/// once.
struct SkewEstimate: Sendable, Equatable {
  /// The number of answers that must roughly agree.
  private static let quorum = 3
  private static let most = 5
  /// `Date` has whole seconds, and answers take time.
  private static let chance: Duration = .seconds(2)

  /// The source's clock at uptime zero according to the last answers, oldest first.
  private var beginnings: [Timestamp] = []

  /// Notes the clock of one answer.
  ///
  /// - Parameter uptime: ours, at its arrival.
  mutating func note(_ date: Timestamp, at uptime: Duration) {
    beginnings.append(date + (.zero - uptime))
    if beginnings.count > Self.most { beginnings.removeFirst() }
  }

  /// Zero if the clocks differ by less than the tolerance.
  func skew(at now: Timestamp, uptime: Duration) -> Duration {
    let sorted = beginnings.sorted()
    guard let first = sorted.first else { return .zero }
    func ahead(_ beginning: Timestamp) -> Duration { beginning + uptime - now }
    let median = sorted.count < Self.quorum ? min(.zero, ahead(first)) : ahead(sorted[(sorted.count - 1) / 2])
    return median < Self.chance && median > .zero - Self.chance ? .zero : median
  }
}
