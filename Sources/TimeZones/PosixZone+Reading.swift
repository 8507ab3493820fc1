extension PosixZone {
  /// Reads `CET-1CEST,M3.5.0,M10.5.0/3`, `<+08>-8` and the like. Nil for anything else, including a daylight time without its
  /// dates.
  init?(tz text: some Sequence<UInt8>) {
    var reader = PosixZoneReader(rest: Array(text)[...])
    guard reader.name(), let west = reader.time(hours: 24) else { return nil }
    guard !reader.rest.isEmpty else {
      self.init(standard: -west, daylight: nil)
      return
    }
    guard reader.name() else { return nil }
    var offset = -west + 3600
    if reader.rest.first != UInt8(ascii: ",") {
      guard let west = reader.time(hours: 24) else { return nil }
      offset = -west
    }
    guard let start = reader.change(), let end = reader.change(), reader.rest.isEmpty else { return nil }
    self.init(standard: -west, daylight: Daylight(offset: offset, start: start, end: end))
  }
}

/// Each function consumes what it reads, or returns nil or false.
private struct PosixZoneReader {
  var rest: ArraySlice<UInt8>

  /// At least three letters, or letters, digits and signs in angle brackets.
  mutating func name() -> Bool {
    if take("<") {
      let name = rest.prefix {
        Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
      }
      rest = rest.dropFirst(name.count)
      return name.count >= 3 && take(">")
    }
    let name = rest.prefix(while: Self.isLetter)
    rest = rest.dropFirst(name.count)
    return name.count >= 3
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  mutating func time(hours most: Int64) -> Int64? {
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    guard let hours = number(0...most) else { return nil }
    var seconds = hours * 3600
    for unit: Int64 in [60, 1] where take(":") {
      guard let count = number(0...59) else { return nil }
      seconds += count * unit
    }
    return isNegative ? -seconds : seconds
  }

  /// `,DAY[/TIME]`; the default time is two o'clock.
  mutating func change() -> PosixZone.Change? {
    guard take(","), let day = day() else { return nil }
    guard take("/") else { return PosixZone.Change(day: day, time: 2 * 3600) }
    return time(hours: 167).map { PosixZone.Change(day: day, time: $0) }
  }

  private mutating func day() -> PosixZone.Day? {
    if take("J") { return number(1...365).map { .withoutLeapDay($0) } }
    guard take("M") else { return number(0...365).map { .ofYear($0) } }
    guard let month = number(1...12), take("."), let week = number(1...5), take("."), let weekday = number(0...6) else {
      return nil
    }
    return .weekday(weekday, week: week, month: month)
  }

  /// At most three digits.
  private mutating func number(_ range: ClosedRange<Int64>) -> Int64? {
    let digits = rest.prefix(while: Self.isDigit)
    rest = rest.dropFirst(digits.count)
    guard (1...3).contains(digits.count) else { return nil }
    let number = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    return range.contains(number) ? number : nil
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
