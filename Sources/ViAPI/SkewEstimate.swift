internal import Runs

/// How far the source's clock is ahead of ours, by what its answers say. Pure.
///
/// One answer may lie: a cache in front of the API, or one of its servers, has a wrong clock. So the median of the last five
/// answers counts, and a jump once three of them show it. Before there are three, a source that seems to be ahead is not
/// believed, and one that seems to be behind is: either way nothing happens too early because of one wrong answer.
///
/// The source's clock is kept beside our uptime, which nobody can set: when our own wall clock is set, the skew is another at
/// once.
struct SkewEstimate: Sendable, Equatable {
  /// Answers that must agree more or less.
  private static let quorum = 3
  private static let most = 5
  /// `Date` has no parts of a second, and answers take their time.
  private static let chance: Duration = .seconds(2)

  /// What the source's clock said when our uptime was zero, by the latest answers; the last came last.
  private var beginnings: [Timestamp] = []

  /// Takes what one answer says.
  ///
  /// - Parameter uptime: ours, when it came.
  mutating func note(_ date: Timestamp, at uptime: Duration) {
    beginnings.append(date + (.zero - uptime))
    if beginnings.count > Self.most { beginnings.removeFirst() }
  }

  /// Zero when the clocks differ by less than they may by chance.
  func skew(at now: Timestamp, uptime: Duration) -> Duration {
    let sorted = beginnings.sorted()
    guard let first = sorted.first else { return .zero }
    func ahead(_ beginning: Timestamp) -> Duration { beginning + uptime - now }
    let median = sorted.count < Self.quorum ? min(.zero, ahead(first)) : ahead(sorted[(sorted.count - 1) / 2])
    return median < Self.chance && median > .zero - Self.chance ? .zero : median
  }
}
