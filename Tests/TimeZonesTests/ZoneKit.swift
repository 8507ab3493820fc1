import Runs
import TimeZones

/// A TZif file, byte by byte.
struct ZoneFile {
  /// The first byte of the version: 0, `2`, `3` or `4`.
  var version = UInt8(ascii: "2")
  /// Seconds east of UTC.
  var types: [Int32] = [0]
  var changes: [(moment: Int64, type: UInt8)] = []
  /// The tables of version 1 say something else, so that nobody can mistake them for the others.
  var oldTypes: [Int32] = [-39_600]
  var footer = ""
  var leapSeconds: UInt32 = 0

  var bytes: [UInt8] {
    if version == 0 { return tables(types, changes, width: 4) }
    return tables(oldTypes, [(7, 0)], width: 4) + tables(types, changes, width: 8) + Array("\n\(footer)\n".utf8)
  }

  private func tables(_ types: [Int32], _ changes: [(moment: Int64, type: UInt8)], width: Int) -> [UInt8] {
    var bytes = Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
    let wideLeaps = width == 8 ? leapSeconds : 0
    for count in [2, 1, wideLeaps, UInt32(changes.count), UInt32(types.count), 4] { bytes += big(Int64(count), 4) }
    for change in changes { bytes += big(change.moment, width) }
    bytes += changes.map(\.type)
    for type in types { bytes += big(Int64(type), 4) + [0, 0] }
    bytes += Array("ABC\0".utf8)
    bytes += [UInt8](repeating: 0, count: Int(wideLeaps) * 12 + 3)
    return bytes
  }

  private func big(_ value: Int64, _ width: Int) -> [UInt8] {
    (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  func rules() throws -> ZoneRules {
    try ZoneRules(tzif: bytes)
  }
}

extension ZoneRules {
  /// Seconds east of UTC at an RFC 3339 time.
  func seconds(at text: String) -> Int64? {
    Timestamp(iso8601: text).map { offset(at: $0).components.seconds }
  }

  /// `2026-03-29 02:30` by the clocks there, as RFC 3339 in UTC.
  func utc(_ year: Int64, _ month: Int64, _ day: Int64, _ hour: Int, _ minute: Int) -> String {
    utc(CalendarDay(year: year, month: month, day: day), hour: hour, minute: minute).iso8601
  }
}
