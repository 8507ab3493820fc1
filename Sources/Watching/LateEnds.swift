internal import Runs

/// Counts the ends that were seen late, and how many more may be, so that waiting for longer than the interval never shows
/// more of them late than a fixed pace would. Pure.
///
/// A fixed pace shows an end up to one interval late, and one in twenty in the last twentieth of it; those count as late. Every end
/// seen earns a little less than a twentieth of a late one, and every late one costs one. Nothing is earned before the first
/// end, so that without knowledge the pace is the interval.
struct LateEnds: Sendable {
  /// Seen later than this many intervals after the end: late.
  static let bound = 0.95
  /// A little less than the twentieth of a fixed pace.
  private static let share = 0.045
  /// Bounded, so that the savings of one busy day aren't spent in another hour.
  private static let range = -2.0...8.0

  /// The late ends that are still allowed.
  private(set) var allowed = 0.25

  /// - Parameter latency: from an end to the sweep that showed it.
  mutating func note(_ latency: Duration, interval: Duration) {
    let isLate = Double(latency.milliseconds) > Double(interval.milliseconds) * Self.bound
    allowed = min(max(allowed + Self.share - (isLate ? 1 : 0), Self.range.lowerBound), Self.range.upperBound)
  }
}
