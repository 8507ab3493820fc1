internal import JSONSource
internal import WireTime

/// A moment in whole milliseconds since 1970, UTC: the only form of time in the API's documents and our rows.
///
/// Sums and differences saturate at 64 bits, because a moment may come from a state file or a wrong clock.
package struct Timestamp: Sendable, Hashable, Comparable {
  package let milliseconds: Int64

  package init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  /// A foreign moment, clamped to the years 1 to 9999.
  package init(foreign milliseconds: Int64) {
    self.init(milliseconds: WireMoment.milliseconds(milliseconds))
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  package static func + (left: Timestamp, right: Duration) -> Timestamp {
    Timestamp(milliseconds: left.milliseconds.addingSaturated(right.milliseconds))
  }

  package static func - (left: Timestamp, right: Timestamp) -> Duration {
    .milliseconds(left.milliseconds.subtractingSaturated(right.milliseconds))
  }

  /// RFC 3339 in UTC with milliseconds: `2026-11-23T09:46:00.000Z`.
  package var iso8601: String {
    let (days, ofDay) = milliseconds.quotientAndFloorRemainder(dividingBy: 86_400_000)
    let (year, month, day) = CalendarDay(number: days).date
    let seconds = ofDay / 1000
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
      + "T\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
      + ".\(padded(ofDay % 1000, 3))Z"
  }
}

private func padded(_ value: Int64, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Timestamp {
  /// A moment in a document; nil if it isn't a whole number.
  init?(_ node: JSONNode?) {
    guard let text = node?.number, let milliseconds = WireMoment.milliseconds(number: text) else { return nil }
    self.init(milliseconds: milliseconds)
  }
}

extension Duration {
  /// Whole milliseconds, rounded towards zero and saturated at 64 bits.
  package var milliseconds: Int64 { wholeMilliseconds }
}
