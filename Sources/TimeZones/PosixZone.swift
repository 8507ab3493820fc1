internal import Runs

/// A zone in the notation of the TZ environment variable: an offset, and the part of the year in which another one applies
/// (POSIX.1-2024, section 8.3, with the hours that RFC 9636, section 3.3.2, adds).
struct PosixZone: Sendable, Equatable {
  /// Seconds east of UTC.
  let standard: Int64
  let daylight: Daylight?

  /// The other offset, which applies from one day of the year to another. South of the equator the start is the later day.
  struct Daylight: Sendable, Equatable {
    /// Seconds east of UTC. In Ireland this is the smaller offset.
    let offset: Int64
    let start: Change
    let end: Change
  }

  struct Change: Sendable, Equatable {
    let day: Day
    /// Seconds after the midnight at which that day begins, by the clock that applies until then. -167 h to 167 h.
    let time: Int64
  }

  enum Day: Sendable, Equatable {
    /// `Mm.w.d`: the weekday (0 is Sunday) in the week of the month; week 5 is the last.
    case weekday(Int64, week: Int64, month: Int64)
    /// `Jn`: 1 to 365, and the 29th of February is never counted.
    case withoutLeapDay(Int64)
    /// `n`: 0 to 365.
    case ofYear(Int64)
  }

  func offset(at seconds: Int64) -> Int64 {
    changes(near: seconds).last { $0.moment <= seconds }?.offset ?? standard
  }

  func change(after seconds: Int64) -> Int64? {
    changes(near: seconds).first { $0.moment > seconds }?.moment
  }

  /// Sorted. A time of 167 h crosses the end of a year, so the adjacent years aren't enough.
  private func changes(near seconds: Int64) -> [(moment: Int64, offset: Int64)] {
    guard let daylight else { return [] }
    let today = CalendarDay(number: seconds.quotientAndFloorRemainder(dividingBy: 86_400).0)
    let year = today.date.year
    var changes: [(moment: Int64, offset: Int64, starts: Bool)] = []
    for year in year - 2...year + 2 {
      changes.append((daylight.start.local(in: year) - standard, daylight.offset, true))
      changes.append((daylight.end.local(in: year) - daylight.offset, standard, false))
    }
    // A daylight time that lasts all year ends at the moment of the next start.
    changes.sort { $0.moment != $1.moment ? $0.moment < $1.moment : !$0.starts && $1.starts }
    return changes.map { ($0.moment, $0.offset) }
  }
}

extension PosixZone.Change {
  /// Seconds from 1970 to this time of the local clock.
  fileprivate func local(in year: Int64) -> Int64 {
    day.day(in: year).number * 86_400 + time
  }
}

extension PosixZone.Day {
  fileprivate func day(in year: Int64) -> CalendarDay {
    switch self {
    case .ofYear(let day): return CalendarDay(year: year, month: 1, day: day + 1)
    case .withoutLeapDay(let day):
      let march: Int64 = 60
      return day < march
        ? CalendarDay(year: year, month: 1, day: day) : CalendarDay(year: year, month: 3, day: day - march + 1)
    case .weekday(let weekday, let week, let month):
      let first = CalendarDay(year: year, month: month, day: 1)
      let next =
        month == 12 ? CalendarDay(year: year + 1, month: 1, day: 1) : CalendarDay(year: year, month: month + 1, day: 1)
      let day = first.number + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
      return CalendarDay(number: day < next.number ? day : day - 7)
    }
  }
}
