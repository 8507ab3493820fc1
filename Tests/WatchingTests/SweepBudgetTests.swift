import Runs
import TestSupport
import Testing

@testable import Watching

@Suite struct SweepBudgetTests {
  @Test(arguments: [UInt64(1), 2, 3, 4, 5])
  func `no stretch of time sees more sweeps than it has intervals, plus what can be saved`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var budget = SweepBudget(interval: .seconds(30), capacity: 6, credits: 6)
    var now = Timestamp(milliseconds: 0)
    var sweeps: [Timestamp] = []
    for _ in 0..<500 {
      budget.spend(now: now)
      sweeps.append(now)
      let idle = Int64.random(in: 0..<10, using: &random) == 0 ? Int64.random(in: 0...600_000, using: &random) : 0
      now = now + budget.untilAffordable + .milliseconds(idle)
    }
    #expect(sweeps.maxBeyondPace(interval: .seconds(30)) <= 6)
    #expect(sweeps.maxBeyondPace(interval: .seconds(30)) > 5)
  }

  @Test func `who sweeps too soon waits longer afterwards, but not for ever`() {
    var budget = SweepBudget(interval: .seconds(30), capacity: 4, credits: 0)
    let now = Timestamp(milliseconds: 0)
    budget.spend(now: now)
    #expect(budget.untilAffordable == .seconds(60))
    for _ in 0..<100 { budget.spend(now: now) }
    #expect(budget.untilAffordable == .seconds(150))
  }

  @Test func `a clock that is set back gives nothing, one set forward fills up at most`() {
    var budget = SweepBudget(interval: .seconds(30), capacity: 4, credits: 4)
    budget.spend(now: Timestamp(milliseconds: 1_000_000))
    budget.spend(now: Timestamp(milliseconds: 0))
    #expect(budget.credits == 2)
    budget.spend(now: Timestamp(milliseconds: Int64.max / 2))
    #expect(budget.credits == 3)
  }
}

extension [Timestamp] {
  /// By how much, over any stretch from one sweep to another, both counted, there were more sweeps than intervals.
  func maxBeyondPace(interval: Duration) -> Double {
    guard let begin = first else { return 0 }
    // For each sweep, by how much the sweeps before it exceed the intervals, in milliseconds; a stretch is the difference of two.
    var (least, most) = (Int64(0), Int64(0))
    for (index, time) in enumerated() {
      let beyond = Int64(index) * interval.milliseconds - (time - begin).milliseconds
      least = Swift.min(least, beyond)
      most = Swift.max(most, beyond - least)
    }
    return 1 + Double(most) / Double(interval.milliseconds)
  }
}
