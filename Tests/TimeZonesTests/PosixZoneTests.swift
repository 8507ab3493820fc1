import Runs
import Testing

@testable import TimeZones

struct PosixZoneTests {
  private func zone(_ text: String) throws -> PosixZone {
    try #require(PosixZone(tz: text.utf8), "\(text)")
  }

  @Test func `an offset counts to the west, and a name may stand in angle brackets`() throws {
    #expect(try zone("<+08>-8").standard == 28_800)
    #expect(try zone("EST5").standard == -18_000)
    #expect(try zone("NST3:30").standard == -12_600)
    #expect(try zone("<+0545>-05:45").standard == 20_700)
    #expect(try zone("LMT-0:53:28").standard == 3_208)
    #expect(try zone("XXX+24:59:59").standard == -89_999)
    #expect(try zone("UTC0").daylight == nil)
  }

  @Test func `the other offset is an hour more unless it is given, and it changes at two o'clock`() throws {
    let berlin = try #require(try zone("CET-1CEST,M3.5.0,M10.5.0/3").daylight)
    #expect(berlin.offset == 7_200)
    #expect(berlin.start == .init(day: .weekday(0, week: 5, month: 3), time: 7_200))
    #expect(berlin.end == .init(day: .weekday(0, week: 5, month: 10), time: 10_800))
    let dublin = try zone("IST-1GMT0,M10.5.0,M3.5.0/1")
    #expect((dublin.standard, dublin.daylight?.offset) == (3_600, 0))
    let lordHowe = try zone("<+1030>-10:30<+11>-11,J1,365/-167:30:15")
    #expect(lordHowe.daylight?.start == .init(day: .withoutLeapDay(1), time: 7_200))
    #expect(lordHowe.daylight?.end == .init(day: .ofYear(365), time: -603_015))
  }

  @Test(arguments: [
    "", "CET", "CE-1", "-1", "<+8>-8", "<+08-8", "<é+08>-8", "CET-25", "CET-1:60", "CET-1:00:60", "CET-", "CET-1:",
    "CET-0001",
    "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,M10.5.0/3,", "CET-1CEST,M3.5.0,M10.5.0/3 ",
    "CET-1C,M3.5.0,M10.5.0",
    "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.0.0,M10.5.0",
    "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5,M10.5.0", "CET-1CEST,J0,J365", "CET-1CEST,J1,J366", "CET-1CEST,0,366",
    "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,M3.5.0/,M10.5.0", "CET-1CEST,M3.5.0/--1,M10.5.0", ":Europe/Berlin",
  ])
  func `anything else is no zone`(text: String) {
    #expect(PosixZone(tz: text.utf8) == nil)
  }

  /// Changes of offset after the beginning of a year, by a file that knows only its footer.
  private func changes(_ text: String, from year: Int64, _ count: Int) throws -> [String] {
    let zone = try zone(text)
    var time = CalendarDay(year: year, month: 1, day: 1).number * 86_400
    return try (0..<count).map { _ in
      time = try #require(zone.change(after: time))
      return "\(Timestamp(milliseconds: time * 1000).iso8601.prefix(16)) \(zone.offset(at: time))"
    }
  }

  @Test func `week five is the last, and week one the first`() throws {
    #expect(
      try changes("CET-1CEST,M3.5.0,M10.5.0/3", from: 2026, 4) == [
        "2026-03-29T01:00 7200", "2026-10-25T01:00 3600", "2027-03-28T01:00 7200", "2027-10-31T01:00 3600",
      ])
    #expect(
      try changes("AEST-10AEDT,M10.1.0,M4.1.0/3", from: 2026, 2) == [
        "2026-04-04T16:00 36000", "2026-10-03T16:00 39600",
      ])
    #expect(try changes("AAA0BBB,M2.5.1,M12.5.4", from: 2028, 2) == ["2028-02-28T02:00 3600", "2028-12-28T01:00 0"])
  }

  @Test func `a numbered day passes over the leap day or counts it`() throws {
    #expect(try changes("AAA0BBB,J59/0,J60/1", from: 2028, 2) == ["2028-02-28T00:00 3600", "2028-03-01T00:00 0"])
    #expect(try changes("AAA0BBB,58/0,59/1", from: 2028, 2) == ["2028-02-28T00:00 3600", "2028-02-29T00:00 0"])
    #expect(try changes("AAA0BBB,58/0,59/1", from: 2027, 2) == ["2027-02-28T00:00 3600", "2027-03-01T00:00 0"])
    #expect(try changes("AAA0BBB,J60/0,365/0", from: 2028, 2) == ["2028-03-01T00:00 3600", "2028-12-30T23:00 0"])
  }

  @Test func `a time may lie days before or after its day, and in another year`() throws {
    #expect(
      try changes("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", from: 2026, 2) == [
        "2026-03-29T01:00 -3600", "2026-10-25T01:00 -7200",
      ])
    #expect(
      try changes("EET-2EEST,M3.4.4/50,M10.4.4/50", from: 2026, 2) == [
        "2026-03-28T00:00 10800", "2026-10-23T23:00 7200",
      ])
    #expect(
      try changes("AAA0BBB,J365/167,J180/0", from: 2026, 3)
        == ["2026-01-06T23:00 3600", "2026-06-28T23:00 0", "2027-01-06T23:00 3600"])
  }

  @Test func `where the other offset holds all year it never ends`() throws {
    for text in ["EST5EDT,0/0,J365/25", "XXX3EDT4,0/0,J365/23"] {
      let zone = try zone(text)
      for seconds: Int64 in stride(from: 1_798_675_200, through: 1_798_848_000, by: 900) {
        #expect(zone.offset(at: seconds) == -14_400)
      }
    }
  }
}
