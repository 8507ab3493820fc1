package import Runs

/// The offset of one time zone from UTC at any moment, read from a TZif file (RFC 9636).
package struct ZoneRules: Sendable, Equatable {
  /// The moments at which the offset changes, in seconds since 1970, ascending.
  let changes: [Int64]
  /// The offset after each change, in seconds east of UTC, more than -25 h and less than 26 h.
  let offsets: [Int64]
  /// The offset before the first change.
  let first: Int64
  /// The rule after the last change; nil if the last offset stays for ever.
  let future: PosixZone?

  package static let utc = ZoneRules(changes: [], offsets: [], first: 0, future: nil)

  /// The largest offset that is accepted.
  static let mostEast: Int64 = 26 * 3600

  /// The local clock's offset from UTC.
  package func offset(at time: Timestamp) -> Duration {
    .seconds(offset(at: time.wholeSeconds))
  }

  /// The local calendar day.
  package func day(at time: Timestamp) -> CalendarDay {
    let seconds = time.wholeSeconds
    return CalendarDay(number: (seconds + offset(at: seconds)).quotientAndFloorRemainder(dividingBy: 86_400).0)
  }

  /// The first moment at which the local clock shows this time of this day, or a later one. If clocks skip this time, that is the
  /// moment at which they change; if they show it twice, it is the earlier one.
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

  /// Clamped to the range of milliseconds.
  fileprivate init(wholeSeconds: Int64) {
    let (product, overflow) = wholeSeconds.multipliedReportingOverflow(by: 1000)
    self.init(milliseconds: overflow ? (wholeSeconds < 0 ? .min : .max) : product)
  }
}
