import Runs
import TestSupport
import Testing

@testable import TimeZones

/// Bytes that are no time zone file.
struct ZoneFormatTests {
  private static let good = ZoneFile(
    types: [3_600, 7_200], changes: [(0, 1), (1_000, 0)], footer: "CET-1CEST,M3.5.0,M10.5.0/3")

  @Test func `what is no zone file is refused by its first bytes`() {
    #expect(throws: ZoneFormatError.cutShort) { try ZoneRules(tzif: []) }
    #expect(throws: ZoneFormatError.otherFormat) { try ZoneRules(tzif: Array("# tzdb timezone".utf8)) }
  }

  @Test func `a file that ends too early is refused wherever it ends`() throws {
    let whole = Self.good.bytes
    _ = try ZoneRules(tzif: whole)
    for length in 0..<whole.count {
      #expect(throws: ZoneFormatError.cutShort, "\(length) of \(whole.count)") {
        try ZoneRules(tzif: Array(whole[..<length]))
      }
    }
  }

  @Test func `tables that contradict themselves are refused`() {
    var files = [ZoneFile](repeating: Self.good, count: 6)
    files[0].changes = [(0, 2)]
    files[1].changes = [(5, 0), (5, 1)]
    files[2].changes = [(5, 0), (4, 1)]
    files[3].types = []
    files[3].changes = []
    files[4].types = [93_600, 0]
    files[5].types = [0, -90_000]
    for file in files { #expect(throws: ZoneFormatError.contradiction) { try file.rules() } }
  }

  @Test func `leap seconds, and a footer that can't be read, are refused`() {
    var file = Self.good
    file.leapSeconds = 1
    #expect(throws: ZoneFormatError.leapSeconds) { try file.rules() }
    file = Self.good
    file.footer = "CET-1CEST"
    #expect(throws: ZoneFormatError.future) { try file.rules() }
  }

  @Test func `counts that promise gigabytes cost nothing`() {
    for place in 0..<6 {
      var bytes = Self.good.bytes
      for index in 0..<4 { bytes[20 + place * 4 + index] = 0xFF }
      #expect(throws: ZoneFormatError.self) { try ZoneRules(tzif: bytes) }
    }
  }

  @Test(arguments: UInt64(0)..<20)
  func `bytes that were changed are read or refused, and whatever was read can be asked`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      var bytes = Self.good.bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      guard let zone = try? ZoneRules(tzif: bytes) else { continue }
      let day = CalendarDay(number: .random(in: -30_000...30_000, using: &random))
      let time = zone.utc(day, hour: 22, minute: 0)
      let shown = time.milliseconds / 1000 + zone.offset(at: time).components.seconds
      #expect(shown >= day.number * 86_400 + 22 * 3600, "seed \(seed)")
      #expect(abs(time.milliseconds / 1000 - day.number * 86_400) < 3 * 86_400, "seed \(seed)")
    }
  }
}
