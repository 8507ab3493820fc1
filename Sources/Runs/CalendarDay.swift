/// A day of the proleptic Gregorian calendar.
package struct CalendarDay: Sendable, Hashable {
  /// Days since 1970-01-01.
  package let number: Int64

  package init(number: Int64) {
    self.number = number
  }

  /// Uses eras of 400 years that begin on the 1st of March (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
  /// `days_from_civil`).
  ///
  /// - Parameters:
  ///   - year: within a billion years.
  ///   - month: 1 to 12.
  ///   - day: from 1; days beyond the end of the month continue in the next.
  package init(year: Int64, month: Int64, day: Int64) {
    let (era, yearOfEra) = (month <= 2 ? year - 1 : year).quotientAndFloorRemainder(dividingBy: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    number = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The inverse, `civil_from_days`.
  package var date: (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (number + 719_468).quotientAndFloorRemainder(dividingBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  /// 0 is Sunday, as in POSIX.
  package var weekday: Int64 {
    (number + 4).quotientAndFloorRemainder(dividingBy: 7).1
  }
}

extension Int64 {
  package func quotientAndFloorRemainder(dividingBy divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
