import Testing
import WireTime

@Suite struct WireTimeTests {
  /// What people, and machines, have written where a number should stand.
  static let extremes = [
    "", " ", "-", "+", ".", "e", "nan", "NaN", "inf", "-infinity", "0x10", "1e400", "-1e400", "1e-400", "-0", "0", "-1",
    "1",
    "1.5", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "18446744073709551616", "99999999999999999999999999999999999999999", "1e18", "1e19", "5e-324", "1e", "1e+", "--1",
    "1.2.3", "١", "1\u{0}", String(repeating: "9", count: 500),
  ]

  @Test(arguments: extremes) func `every text becomes a bounded number or none`(_ text: String) {
    for asker in WireWait.Asker.allCases {
      if let wait = WireWait(seconds: text, by: asker) {
        #expect((.zero...asker.longest).contains(wait.duration), "\(text)")
      }
    }
    if let moment = WireMoment.milliseconds(number: text) {
      #expect((WireMoment.earliest...WireMoment.latest).contains(moment), "\(text)")
    }
    if let bytes = WireNumber.bytes(text) { #expect((0...WireNumber.maxBytes).contains(bytes), "\(text)") }
  }

  @Test func `a wait is rounded up, held to its bound, and says that it was cut`() {
    #expect(WireWait(seconds: "1.0001", by: .api)?.duration == .milliseconds(1_001))
    #expect(WireWait(seconds: "-0", by: .api)?.duration == .zero)
    #expect(WireWait(seconds: "-1", by: .api) == nil)
    #expect(WireWait(seconds: "nan", by: .api) == nil)
    for (asker, bound) in [(WireWait.Asker.api, 900), (.receiver, 86_400)] {
      #expect(WireWait(seconds: "\(bound)", by: asker)?.isCut == false)
      for longer in ["\(bound).001", "1e400", "1000000000", "99999999999999999999"] {
        let wait = WireWait(seconds: longer, by: asker)
        #expect(wait?.duration == .seconds(bound) && wait?.isCut == true, "\(longer)")
      }
    }
  }

  @Test func `a wait until a moment is total, too`() {
    let ends: [Int64] = [.min, .min + 1, -1, 0, 1, 1_766_000_000_000, .max - 1, .max]
    for now in ends {
      for moment in ends {
        let wait = WireWait(until: moment, now: now, by: .receiver)
        #expect((.zero ... .seconds(86_400)).contains(wait.duration))
        #expect(moment > now || wait.duration == .zero)
      }
    }
  }

  @Test func `moments stay in the years 1 to 9999, and sane ones as they are`() {
    for sane: Int64 in [-1, 0, 1, 1_766_000_000_000, WireMoment.earliest, WireMoment.latest] {
      #expect(WireMoment.milliseconds(sane) == sane)
      #expect(WireMoment.milliseconds(number: "\(sane)") == sane)
    }
    #expect(WireMoment.milliseconds(number: "1.766e12") == 1_766_000_000_000)
    #expect(WireMoment.milliseconds(number: "1.5") == nil)
    #expect(WireMoment.milliseconds(number: "1e400") == WireMoment.latest)
    #expect(WireMoment.milliseconds(number: "-1e30") == WireMoment.earliest)
    #expect(WireMoment.milliseconds(.max) == WireMoment.latest)
    #expect(WireMoment.milliseconds(seconds: .min) == WireMoment.earliest)
    #expect(WireMoment.milliseconds(seconds: 9_467_077_737_600_000) == WireMoment.latest)
  }

  @Test func `sums and products stop at the end of their type`() {
    let ends: [Int64] = [.min, .min + 1, -2, -1, 0, 1, 2, .max - 1, .max]
    for left in ends {
      for right in ends {
        // What 128 bits say, held to 64.
        let (wide, other) = (Int128(left), Int128(right))
        #expect(left.addingSaturated(right) == Int64(clamping: wide + other))
        #expect(left.subtractingSaturated(right) == Int64(clamping: wide - other))
        #expect(left.multipliedSaturated(by: right) == Int64(clamping: wide * other))
      }
    }
    #expect(Int64(saturating: .nan) == 0)
    #expect(Int64(saturating: .infinity) == .max)
    #expect(Int64(saturating: 0x1p63) == .max)
    #expect(Int64(saturating: -0x1p63) == .min)
    #expect(Int64(saturating: -.infinity) == .min)
    #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
    #expect(Duration.seconds(Int64.min).wholeMilliseconds == .min)
    #expect(Duration.milliseconds(-1_500).wholeMilliseconds == -1_500)
  }

  @Test func `a count of bytes is digits and nothing else`() {
    #expect(WireNumber.bytes("0") == 0)
    #expect(WireNumber.bytes("\(WireNumber.maxBytes)") == WireNumber.maxBytes)
    for bad in ["", "+5", "-5", "5 ", "0x5", "5.0", "\(WireNumber.maxBytes + 1)", "9223372036854775807"] {
      #expect(WireNumber.bytes(bad) == nil, "\(bad)")
    }
  }
}
