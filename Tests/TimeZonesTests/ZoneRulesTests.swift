import Runs
import TestSupport
import Testing

@testable import TimeZones

struct ZoneRulesTests {
  /// Berlin's clocks in 1980 and 1981, and from 1996 on.
  private static let berlin = ZoneFile(
    types: [3_208, 3_600, 7_200],
    changes: [
      (-2_422_054_408, 1), (323_830_800, 2), (338_950_800, 1), (354_675_600, 2), (370_400_400, 1), (828_234_000, 2),
    ],
    footer: "CET-1CEST,M3.5.0,M10.5.0/3")

  @Test
  func `each offset holds from its change on, before the first that of the first type, after the last the footer's`()
    throws
  {
    let zone = try Self.berlin.rules()
    #expect(zone.seconds(at: "1800-01-01T00:00:00Z") == 3_208)
    #expect(zone.seconds(at: "1893-03-31T23:06:31.999Z") == 3_208)
    #expect(zone.seconds(at: "1893-03-31T23:06:32Z") == 3_600)
    #expect(zone.seconds(at: "1980-04-06T00:59:59.999Z") == 3_600)
    #expect(zone.seconds(at: "1980-04-06T01:00:00Z") == 7_200)
    #expect(zone.seconds(at: "1995-07-01T00:00:00Z") == 3_600)
    #expect(zone.seconds(at: "2026-03-29T00:59:59.999Z") == 3_600)
    #expect(zone.seconds(at: "2026-03-29T01:00:00Z") == 7_200)
    #expect(zone.seconds(at: "2999-07-01T00:00:00Z") == 7_200)
  }

  @Test func `a footer alone holds always, and without one the last offset stays`() throws {
    let singapore = try ZoneFile(footer: "<+08>-8").rules()
    #expect(singapore.seconds(at: "1900-01-01T00:00:00Z") == 28_800)
    var file = Self.berlin
    file.footer = ""
    #expect(try file.rules().seconds(at: "2026-12-01T00:00:00Z") == 7_200)
    #expect(try ZoneFile(types: [-5_400]).rules().seconds(at: "2026-07-01T00:00:00Z") == -5_400)
    #expect(ZoneRules.utc.seconds(at: "2026-07-01T00:00:00Z") == 0)
  }

  @Test func `files of version 1 have 32 bits and no footer, later versions are read by their second part`() throws {
    let file = ZoneFile(version: 0, types: [0, 3_600], changes: [(-86_400, 1), (0, 0), (1_000, 1)])
    #expect(try file.rules().seconds(at: "1969-12-31T00:00:00Z") == 3_600)
    #expect(try file.rules().seconds(at: "2026-07-01T00:00:00Z") == 3_600)
    for version in "234".utf8 {
      var file = Self.berlin
      file.version = version
      #expect(try file.rules() == Self.berlin.rules())
    }
  }

  @Test func `a time that clocks show once is that moment`() throws {
    let zone = try Self.berlin.rules()
    #expect(zone.utc(2026, 11, 23, 7, 0) == "2026-11-23T06:00:00.000Z")
    #expect(zone.utc(2026, 7, 1, 0, 0) == "2026-06-30T22:00:00.000Z")
    #expect(zone.utc(1800, 1, 1, 0, 0) == "1799-12-31T23:06:32.000Z")
    #expect(ZoneRules.utc.utc(2026, 11, 23, 22, 0) == "2026-11-23T22:00:00.000Z")
    #expect(try ZoneFile(footer: "<+14>-14").rules().utc(2026, 1, 1, 0, 0) == "2025-12-31T10:00:00.000Z")
    #expect(try ZoneFile(footer: "<-12>12").rules().utc(2026, 1, 1, 0, 0) == "2026-01-01T12:00:00.000Z")
  }

  @Test(arguments: [(2026, 3, 29), (1980, 4, 6)])
  func `where clocks are put forward, a time that they never show is the first moment after it`(
    year: Int64, month: Int64, day: Int64
  ) throws {
    let zone = try Self.berlin.rules()
    let change = zone.utc(year, month, day, 3, 0)
    #expect(change.hasSuffix("T01:00:00.000Z"))
    #expect(zone.utc(year, month, day, 1, 59).hasSuffix("T00:59:00.000Z"))
    #expect(zone.utc(year, month, day, 2, 0) == change)
    #expect(zone.utc(year, month, day, 2, 30) == change)
    #expect(zone.utc(year, month, day, 3, 1).hasSuffix("T01:01:00.000Z"))
  }

  @Test func `where clocks are put back, a time that they show twice is the earlier`() throws {
    let zone = try Self.berlin.rules()
    #expect(zone.utc(2026, 10, 25, 2, 0) == "2026-10-25T00:00:00.000Z")
    #expect(zone.utc(2026, 10, 25, 2, 59) == "2026-10-25T00:59:00.000Z")
    #expect(zone.utc(2026, 10, 25, 3, 0) == "2026-10-25T02:00:00.000Z")
    #expect(zone.utc(1981, 9, 27, 2, 30) == "1981-09-27T00:30:00.000Z")
  }

  /// As in Apia, which had no 30th of December 2011.
  @Test func `a day that was left out is the moment of the change`() throws {
    let apia = try ZoneFile(types: [-36_000, 50_400], changes: [(1_325_239_200, 1)]).rules()
    #expect(apia.utc(2011, 12, 29, 23, 59) == "2011-12-30T09:59:00.000Z")
    #expect(apia.utc(2011, 12, 30, 12, 0) == "2011-12-30T10:00:00.000Z")
    #expect(apia.utc(2011, 12, 31, 0, 1) == "2011-12-30T10:01:00.000Z")
  }

  @Test func `the day is the one that a calendar there shows`() throws {
    let singapore = try ZoneFile(footer: "<+08>-8").rules()
    let time = try #require(Timestamp(iso8601: "2026-11-23T15:59:59.999Z"))
    #expect(singapore.day(at: time) == CalendarDay(year: 2026, month: 11, day: 23))
    #expect(singapore.day(at: time + .milliseconds(1)) == CalendarDay(year: 2026, month: 11, day: 24))
    let west = try ZoneFile(footer: "<-12>12").rules()
    #expect(west.day(at: Timestamp(milliseconds: -1)) == CalendarDay(year: 1969, month: 12, day: 31))
  }

  @Test func `the ends of time are no trap`() throws {
    let zone = try Self.berlin.rules()
    for time in [Timestamp(milliseconds: .min), Timestamp(milliseconds: .max)] {
      #expect([3_208, 3_600, 7_200].contains(zone.offset(at: time).components.seconds))
      let far = zone.utc(zone.day(at: time), hour: 23, minute: 59)
      #expect(far.milliseconds == .max || far.milliseconds < .min + 2 * 86_400_000)
    }
  }
}
