import Runs
import Testing

@testable import Rules

struct QuietHoursTests {
  private func hours(
    _ from: String, _ to: String, _ tz: String = "UTC0", except: Set<Trigger> = []
  ) throws -> QuietHours {
    QuietHours(
      from: try #require(TimeOfDay(notation: from)), to: try #require(TimeOfDay(notation: to)),
      zone: try footerZone(tz),
      except: except)
  }

  /// The end of what holds at a time, both RFC 3339 without the date's year and seconds: `11-23T22:00`.
  private func end(_ hours: QuietHours, _ time: String) throws -> String? {
    let moment = try #require(Timestamp(iso8601: "2026-\(time):00Z"))
    return hours.end(at: moment, for: .phase(.succeeded)).map { String($0.iso8601.dropFirst(5).prefix(11)) }
  }

  @Test func `a night runs over midnight, from its first moment to before its last`() throws {
    let night = try hours("22:00", "07:00")
    #expect(try end(night, "11-23T21:59") == nil)
    #expect(try end(night, "11-23T22:00") == "11-24T07:00")
    #expect(try end(night, "11-23T23:59") == "11-24T07:00")
    #expect(try end(night, "11-24T00:00") == "11-24T07:00")
    #expect(try end(night, "11-24T06:59") == "11-24T07:00")
    #expect(try end(night, "11-24T07:00") == nil)
    #expect(try end(night, "12-31T22:00") == "01-01T07:00")
    let last = try #require(Timestamp(iso8601: "2026-11-24T06:59:59.999Z"))
    #expect(night.end(at: last, for: .disappeared) == last + .milliseconds(1))
  }

  @Test func `hours may lie within one day, and begin or end at midnight`() throws {
    let noon = try hours("12:00", "13:30")
    #expect(try ["11-23T11:59", "11-23T12:00", "11-23T13:30"].map { try end(noon, $0) } == [nil, "11-23T13:30", nil])
    let early = try hours("00:00", "06:00")
    #expect(try ["11-23T23:59", "11-24T00:00", "11-24T06:00"].map { try end(early, $0) } == [nil, "11-24T06:00", nil])
    let late = try hours("20:00", "00:00")
    #expect(try ["11-23T19:59", "11-23T20:00", "11-24T00:00"].map { try end(late, $0) } == [nil, "11-24T00:00", nil])
    let nearlyAlways = try hours("07:01", "07:00")
    #expect(try ["11-23T07:00", "11-23T07:01"].map { try end(nearlyAlways, $0) } == [nil, "11-24T07:00"])
  }

  @Test func `the clocks of the zone count, whatever the day is in UTC`() throws {
    let singapore = try hours("22:00", "07:00", "<+08>-8")
    #expect(
      try ["11-23T13:59", "11-23T14:00", "11-23T22:59"].map { try end(singapore, $0) } == [
        nil, "11-23T23:00", "11-23T23:00",
      ])
    let kiritimati = try hours("22:00", "07:00", "<+14>-14")
    #expect(
      try ["11-23T07:59", "11-23T08:00", "11-23T17:00"].map { try end(kiritimati, $0) } == [nil, "11-23T17:00", nil])
    let baker = try hours("22:00", "07:00", "<-12>12")
    #expect(
      try ["11-23T09:59", "11-23T10:00", "11-23T18:59"].map { try end(baker, $0) } == [
        nil, "11-23T19:00", "11-23T19:00",
      ])
  }

  private static let berlin = "CET-1CEST,M3.5.0,M10.5.0/3"

  @Test func `a night in which clocks change ends by the clocks of the morning`() throws {
    let night = try hours("22:00", "07:00", Self.berlin)
    #expect(try end(night, "03-28T21:00") == "03-29T05:00")
    #expect(try end(night, "03-29T04:59") == "03-29T05:00")
    #expect(try end(night, "03-29T05:00") == nil)
    #expect(try end(night, "10-24T20:00") == "10-25T06:00")
    #expect(try end(night, "10-25T05:59") == "10-25T06:00")
    #expect(try end(night, "10-25T06:00") == nil)
  }

  @Test func `an end that clocks pass over is the moment at which they do, and one that they show twice comes once`()
    throws
  {
    let short = try hours("22:00", "02:30", Self.berlin)
    #expect(try end(short, "03-28T23:00") == "03-29T01:00")
    #expect(try end(short, "03-29T01:00") == nil)
    #expect(try end(short, "10-25T00:29") == "10-25T00:30")
    #expect(try end(short, "10-25T00:30") == nil)
    #expect(try end(short, "10-25T01:15") == nil)
  }

  @Test func `hours that clocks pass over are none that night`() throws {
    let gap = try hours("02:15", "02:45", Self.berlin)
    #expect(try ["03-29T00:59", "03-29T01:00", "03-29T01:30"].map { try end(gap, $0) } == [nil, nil, nil])
    #expect(try end(gap, "03-30T00:15") == "03-30T00:45")
  }

  @Test func `a night that begins the moment the last one ends is one with it`() throws {
    let long = try hours("02:45", "02:15", Self.berlin)
    #expect(try end(long, "03-28T12:00") == "03-30T00:15")
    #expect(try end(long, "03-30T00:15") == nil)
    #expect(try end(long, "03-30T12:00") == "03-31T00:15")
  }

  /// Clocks there go from 00:01 back to 23:01 of the day before, as they did in St. John's until 2011.
  @Test func `a night that began before clocks were put back over midnight is still the same`() throws {
    let early = try hours("00:00", "06:00", "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01")
    #expect(try end(early, "11-01T02:29") == nil)
    #expect(try end(early, "11-01T02:30") == "11-01T09:30")
    #expect(try end(early, "11-01T02:45") == "11-01T09:30")
  }

  @Test func `what is excepted is told at any hour`() throws {
    let night = try hours("22:00", "07:00", except: [.phase(.failed), .sourceUnreachable])
    let midnight = try #require(Timestamp(iso8601: "2026-11-24T00:00:00Z"))
    let waiting = Trigger.allCases.filter { night.end(at: midnight, for: $0) != nil }
    #expect(Set(Trigger.allCases).subtracting(waiting) == [.phase(.failed), .sourceUnreachable])
  }

  @Test func `around a change of clocks, too, the end lies ahead and isn't quiet`() throws {
    for (from, to) in [("22:00", "07:00"), ("02:45", "02:15"), ("00:00", "23:59"), ("01:30", "02:30")] {
      let hours = try hours(from, to, Self.berlin)
      for begin in ["2026-03-27T12:00:00Z", "2026-10-23T12:00:00Z"].compactMap(Timestamp.init(iso8601:)) {
        for quarter in 0..<4 * 96 {
          let time = begin + .seconds(quarter * 900)
          guard let end = hours.end(at: time, for: .disappeared) else { continue }
          #expect(end > time)
          #expect(end - time < .seconds(49 * 3600))
          #expect(hours.end(at: end, for: .disappeared) == nil)
        }
      }
    }
  }

  @Test func `the ends of time are no trap`() throws {
    let night = try hours("22:00", "07:00", Self.berlin)
    for time in [Int64.min, .max] { _ = night.end(at: Timestamp(milliseconds: time), for: .disappeared) }
  }

  @Test func `a time of day has two digits each and a colon`() {
    #expect(TimeOfDay(notation: "00:00")?.hour == 0)
    #expect(TimeOfDay(notation: "23:59")?.minute == 59)
    for bad in [
      "", "7:00", "07:0", "24:00", "07:60", "07.00", "07:00:00", " 07:00", "07:00\n", "٠٧:٠٠", "7pm", "07:0\u{301}0",
      "-7:00",
    ] {
      #expect(TimeOfDay(notation: bad) == nil, "\(bad)")
    }
  }
}
