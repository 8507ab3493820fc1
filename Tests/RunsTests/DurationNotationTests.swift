import Testing

@testable import Runs

struct DurationNotationTests {
  @Test(arguments: [
    ("500ms", 500), ("0s", 0), ("30s", 30_000), ("5m", 300_000), ("2h30m", 9_000_000), ("7d", 604_800_000),
    ("1d2h3m4s5ms", 93_784_005), ("90m", 5_400_000), ("007s", 7_000), ("36525d", 3_155_760_000_000),
  ])
  func `a duration is whole numbers with their units`(text: String, milliseconds: Int64) {
    #expect(Duration(notation: text) == .milliseconds(milliseconds))
  }

  @Test(arguments: [
    "", "5", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5h", "5S", "5sec", "30m2h", "5m5m", "1h1h", "٣s", "5µs",
    "36526d", "36525d1ms", "9223372036854775807d", "99999999999999999999s", "1e3s", "5w", "now",
  ])
  func `anything else is no duration`(text: String) {
    #expect(Duration(notation: text) == nil)
  }

  @Test(arguments: [
    (0, "0s"), (999, "0s"), (1_000, "1s"), (45_999, "45s"), (60_000, "1m"), (61_000, "1m 1s"), (3_600_000, "1h"),
    (3_605_000, "1h"), (8_040_000, "2h 14m"), (86_400_000, "1d"), (262_800_000, "3d 1h"), (259_260_000, "3d"),
    (-5_000, "0s"),
  ])
  func `for people it is the two largest units`(milliseconds: Int64, words: String) {
    #expect(Duration.milliseconds(milliseconds).words == words)
  }
}
