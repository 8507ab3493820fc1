internal import Runs

/// Counts how many ends were seen late, and says how many more may be, so that waiting for longer than the interval never
/// shows more of them late than a fixed pace would. Pure.
///
/// A fixed pace shows an end up to one interval late, and one in twenty in the last twentieth of it: that is late here. Every
/// end that is seen earns a little less than a twentieth of a late one, and every late one costs one. Nothing is earned before
/// the first end was seen, so that whoever knows nothing looks at the interval's pace.
struct LateEnds: Sendable {
  /// Seen later than so many intervals after the end: late.
  static let bound = 0.95
  /// A little less than the twentieth that a fixed pace has.
  private static let share = 0.045
  /// What is saved for the ends of one busy day must not be spent in another hour.
  private static let range = -2.0...8.0

  /// Late ends that are still allowed.
  private(set) var allowed = 0.25

  /// - Parameter latency: from an end to the sweep that showed it.
  mutating func note(_ latency: Duration, interval: Duration) {
    let isLate = Double(latency.milliseconds) > Double(interval.milliseconds) * Self.bound
    allowed = min(max(allowed + Self.share - (isLate ? 1 : 0), Self.range.lowerBound), Self.range.upperBound)
  }
}
