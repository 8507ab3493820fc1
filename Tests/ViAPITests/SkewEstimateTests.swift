import Runs
import Testing

@testable import ViAPI

@Suite struct SkewEstimateTests {
  private static let start = Timestamp(milliseconds: 1_766_000_000_000)
  private static let year: Int64 = 365 * 86_400

  /// What is believed after answers that were so many seconds ahead, one every half minute.
  private func skew(_ ahead: [Int64], wallSetBy step: Duration = .zero) -> Int64 {
    var estimate = SkewEstimate()
    var uptime = Duration.seconds(1_000)
    for seconds in ahead {
      uptime += .seconds(30)
      estimate.note(Self.start + uptime + .seconds(seconds), at: uptime)
    }
    return estimate.skew(at: Self.start + uptime + step, uptime: uptime).milliseconds / 1000
  }

  @Test func `one answer that is a year ahead changes nothing`() {
    #expect(skew([Self.year]) == 0)
    #expect(skew([0, Self.year]) == 0)
    #expect(skew([Self.year, 0, 0]) == 0)
    #expect(skew([0, 0, 0, 0, Self.year]) == 0)
    #expect(skew([0, 0, 0, Self.year, Self.year]) == 0)
    #expect(skew([3_600, -Self.year, 3_600]) == 3_600)
  }

  @Test func `a jump is believed after three answers`() {
    #expect(skew([3_600, 3_600]) == 0)
    #expect(skew([3_600, 3_600, 3_600]) == 3_600)
    #expect(skew([0, 0, 0, 0, 0, 90, 90, 90]) == 90)
    #expect(skew([90, 90, 90, 90, 90, 0, 0, 0]) == 0)
  }

  @Test func `a source that seems to be behind is believed at once, as that makes nothing happen too early`() {
    #expect(skew([-3_600]) == -3_600)
    #expect(skew([0, -3_600]) == -3_600)
    #expect(skew([0, -3_600, 0]) == 0)
  }

  @Test func `less than two seconds are chance`() {
    #expect(skew([1, 1, 1]) == 0)
    #expect(skew([-1]) == 0)
    #expect(skew([2, 2, 2]) == 2)
  }

  @Test func `when our own clock is set the skew is another at once`() {
    #expect(skew([0, 0, 0], wallSetBy: .seconds(-3_600)) == 3_600)
    #expect(skew([0, 0, 0], wallSetBy: .seconds(3_600)) == -3_600)
  }

  @Test func `no clock can end us`() {
    var estimate = SkewEstimate()
    for end in [Int64.min, .max, .min, .max] { estimate.note(Timestamp(milliseconds: end), at: .seconds(Int64.max)) }
    for now in [Int64.min, .max] { _ = estimate.skew(at: Timestamp(milliseconds: now), uptime: .seconds(Int64.max)) }
  }
}
