import Rules
import Runs
import TestSupport
import Testing

@testable import Delivery

@Suite struct TokenBucketTests {
  private let start = Timestamp(milliseconds: 1_766_000_000_000)

  private func pace(_ count: Int, _ per: Duration) -> TokenBucket { TokenBucket(RateLimit(count: count, per: per)) }

  @Test func `a full bucket goes out at once, and then one at a time`() {
    var pace = pace(3, .seconds(3))
    #expect(pace.available(at: start) == 3)
    for left in [2, 1, 0] {
      pace.take(at: start)
      #expect(pace.available(at: start) == left)
    }
    #expect(pace.nextAvailable(after: start) == start + .seconds(1))
    #expect(pace.available(at: start + .milliseconds(999)) == 0)
    #expect(pace.available(at: start + .seconds(1)) == 1)
    #expect(pace.available(at: start + .seconds(2)) == 2)
    #expect(pace.available(at: start + .seconds(100)) == 3)
    #expect(pace.nextAvailable(after: start + .seconds(1)) == start + .seconds(1))
  }

  @Test func `a clock that is put back costs one bucket at most`() {
    var pace = pace(1, .seconds(1))
    pace.take(at: start + .seconds(1_000_000))
    #expect(pace.nextAvailable(after: start) == start + .seconds(1))
    #expect(pace.available(at: start) == 0)
    pace.take(at: start + .seconds(1))
    #expect(pace.available(at: start + .seconds(1_000_001)) == 1)
  }

  @Test(arguments: UInt64(0)..<40)
  func `in no stretch of time does more go out than the bucket and what flowed in`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = [1, 2, 3, 7, 100, 10_000].randomElement(using: &random) ?? 1
    let per = Duration.milliseconds([100, 777, 1_000, 60_000, 86_400_000].randomElement(using: &random) ?? 1_000)
    var (pace, now, taken) = (pace(count, per), start, [Timestamp]())
    for _ in 0..<300 {
      let free = pace.available(at: now)
      #expect((0...count).contains(free), "seed \(seed)")
      for _ in 0..<min(free, Int.random(in: 0...20, using: &random)) {
        pace.take(at: now)
        taken.append(now)
      }
      let next = pace.nextAvailable(after: now)
      #expect(next >= now && pace.available(at: next) >= 1, "seed \(seed)")
      if pace.available(at: now) == 0 {
        #expect(next > now && pace.available(at: next + .milliseconds(-1)) == 0, "seed \(seed)")
      }
      now = Bool.random(using: &random) ? next : now + .milliseconds(.random(in: 0...2_000, using: &random))
    }
    var end = 0
    for first in taken.indices {
      while end + 1 < taken.count, taken[end + 1] - taken[first] < per { end += 1 }
      // Within `per` a bucket that was full and what flows in meanwhile.
      let flow = Double((taken[end] - taken[first]).milliseconds) / Double(per.milliseconds) * Double(count)
      #expect(Double(end - first + 1) <= Double(count) + flow + 0.001, "seed \(seed)")
    }
  }
}
