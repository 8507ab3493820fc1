import TestSupport
import Testing

@testable import Runs

struct CalendarDayTests {
  @Test func `a date is a number of days, and the way back leads to the same date`() {
    #expect(CalendarDay(year: 1970, month: 1, day: 1).number == 0)
    #expect(CalendarDay(year: 1969, month: 12, day: 31).number == -1)
    #expect(CalendarDay(year: 2000, month: 3, day: 1).number == 11_017)
    #expect(CalendarDay(year: 2026, month: 11, day: 31) == CalendarDay(year: 2026, month: 12, day: 1))
    var random = SeededGenerator(seed: 1)
    for _ in 0..<1_000 {
      let day = CalendarDay(number: .random(in: -1_000_000_000...1_000_000_000, using: &random))
      let (year, month, date) = day.date
      #expect(CalendarDay(year: year, month: month, day: date) == day)
    }
  }

  @Test func `weekdays count from Sunday, also before 1970`() {
    #expect(CalendarDay(year: 1970, month: 1, day: 1).weekday == 4)
    #expect(CalendarDay(year: 2026, month: 11, day: 22).weekday == 0)
    #expect(CalendarDay(year: 1969, month: 12, day: 27).weekday == 6)
  }
}
