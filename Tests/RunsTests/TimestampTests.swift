import TestSupport
import Testing

@testable import Runs

struct TimestampTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (1, "1970-01-01T00:00:00.001Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
    (1_709_251_200_000, "2024-03-01T00:00:00.000Z"), (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (1_795_427_160_000, "2026-11-23T09:46:00.000Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-2_208_988_800_000, "1900-01-01T00:00:00.000Z"),
  ])
  func `a known date is written in full`(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
    #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
  }

  @Test func `the calendar is the Gregorian one also where nobody used it yet`() {
    #expect(Timestamp(milliseconds: -62_135_596_800_000).iso8601 == "0001-01-01T00:00:00.000Z")
  }

  /// From 1600 on: before October 1582 the parser reads dates as Julian.
  @Test(arguments: UInt64(0)..<20)
  func `what was written is read as the same moment`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<50 {
      let time = Timestamp(milliseconds: .random(in: -11_676_096_000_000...253_402_300_799_999, using: &random))
      #expect(Timestamp(iso8601: time.iso8601) == time, "seed \(seed)")
    }
  }

  @Test(arguments: [
    ("2026-11-23T09:46:00Z", 1_795_427_160_000), ("2026-11-23T17:46:00+08:00", 1_795_427_160_000),
    ("2026-11-23T04:16:00-05:30", 1_795_427_160_000), ("2026-11-23T17:46:00.5+08:00", 1_795_427_160_500),
    ("2026-11-23T09:46:00.123456Z", 1_795_427_160_123),
  ])
  func `offsets and fractions are understood`(text: String, milliseconds: Int64) {
    #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "now", "2026-11-23", "2026-11-23T09:46:00", "2026-13-01T00:00:00Z", "2026-11-31T00:00:00Z",
    "2025-02-29T00:00:00Z", "2026-11-23T25:00:00Z", "2026-11-23T09:46:00Zzz", "2026-11-23T09:46:00Z 1", "1766000000000",
    "x2026-11-23T09:46:00Z", "23.11.2026",
  ])
  func `anything else is no time`(text: String) {
    #expect(Timestamp(iso8601: text) == nil)
  }

  @Test func `times add and subtract in milliseconds`() {
    let time = Timestamp(milliseconds: 1_000)
    #expect(time + .seconds(2) == Timestamp(milliseconds: 3_000))
    #expect(time - Timestamp(milliseconds: 3_500) == .milliseconds(-2_500))
    #expect(Timestamp(milliseconds: -1) < Timestamp(milliseconds: 0))
  }
}
