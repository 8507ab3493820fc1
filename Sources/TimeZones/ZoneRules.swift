package import Runs

/// How far the clocks of one time zone are from UTC, at any moment: a TZif file (RFC 9636), read.
package struct ZoneRules: Sendable, Equatable {
  /// Moments at which the offset changes, in seconds since 1970, each later than the one before.
  let changes: [Int64]
  /// The offset from each change on. Offsets are seconds east of UTC, more than -25 h and less than 26 h.
  let offsets: [Int64]
  /// The offset before the first change.
  let first: Int64
  /// What holds from the last change on; nil: its offset, for ever.
  let future: PosixZone?

  package static let utc = ZoneRules(changes: [], offsets: [], first: 0, future: nil)

  /// No clock is further ahead of UTC.
  static let mostEast: Int64 = 26 * 3600

  /// What a clock there shows, less UTC.
  package func offset(at time: Timestamp) -> Duration {
    .seconds(offset(at: time.wholeSeconds))
  }

  /// The day that a calendar there shows.
  package func day(at time: Timestamp) -> CalendarDay {
    let seconds = time.wholeSeconds
    return CalendarDay(number: (seconds + offset(at: seconds)).quotientAndFloorRemainder(dividingBy: 86_400).0)
  }

  /// The first moment at which a clock there shows this time of this day, or a later one: where clocks are put forward over
  /// it the moment at which they are, and where they show it twice the earlier.
  package func utc(_ day: CalendarDay, hour: Int, minute: Int) -> Timestamp {
    let wanted = day.number * 86_400 + Int64(hour * 3600 + minute * 60)
    var start = wanted - Self.mostEast
    while true {
      let moment = max(start, wanted - offset(at: start))
      guard let change = change(after: start), change <= moment else { return Timestamp(wholeSeconds: moment) }
      start = change
    }
  }

  private func offset(at seconds: Int64) -> Int64 {
    let passed = countOfChanges(until: seconds)
    if passed == changes.count, let future { return future.offset(at: seconds) }
    return passed == 0 ? first : offsets[passed - 1]
  }

  private func change(after seconds: Int64) -> Int64? {
    let passed = countOfChanges(until: seconds)
    return passed < changes.count ? changes[passed] : future?.change(after: seconds)
  }

  private func countOfChanges(until seconds: Int64) -> Int {
    var (low, high) = (0, changes.count)
    while low < high {
      let middle = (low + high) / 2
      if changes[middle] <= seconds { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension Timestamp {
  fileprivate var wholeSeconds: Int64 {
    milliseconds.quotientAndFloorRemainder(dividingBy: 1000).0
  }

  /// Beyond the range of milliseconds its nearest end.
  fileprivate init(wholeSeconds: Int64) {
    let (product, overflow) = wholeSeconds.multipliedReportingOverflow(by: 1000)
    self.init(milliseconds: overflow ? (wholeSeconds < 0 ? .min : .max) : product)
  }
}
