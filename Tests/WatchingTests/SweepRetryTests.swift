import Runs
import Testing

@testable import Watching

@Suite struct SweepRetryTests {
  private let start = Timestamp(milliseconds: 1_766_000_000_000)

  @Test func `retries double from a second to a minute, then come at the interval`() {
    var schedule = SweepSchedule(interval: .seconds(300), isAdaptive: true)
    var now = start
    let waits = (1...9).map { number in
      let wait = schedule.delay(afterFailure: number, randomness: 0.999_999, now: now)
      now = now + wait
      return (wait.milliseconds + 999) / 1000
    }
    #expect(waits == [1, 2, 4, 8, 16, 32, 60, 300, 300])
  }

  @Test func `of the ceiling a random part is waited, but a second at least`() {
    var schedule = SweepSchedule(interval: .seconds(300), isAdaptive: true)
    #expect(schedule.delay(afterFailure: 5, randomness: 0.25, now: start) == .seconds(4))
    #expect(schedule.delay(afterFailure: 5, randomness: 0, now: start) == .seconds(1))
  }

  @Test func `a short interval is not gone below, nor gone back to while failures last`() {
    var schedule = SweepSchedule(interval: .milliseconds(100), isAdaptive: false)
    #expect(schedule.delay(afterFailure: 1, randomness: 0, now: start) == .milliseconds(100))
    #expect(schedule.delay(afterFailure: 90, randomness: 0.5, now: start) == .seconds(30))
  }

  @Test func `a source that fails every other time gets no more than a few early retries in a row`() {
    var schedule = SweepSchedule(interval: .seconds(300), isAdaptive: true)
    var now = start
    // Much is saved first: errors must not spend it.
    for _ in 0..<300 { now = now + schedule.delay(now: now, active: [], history: DurationHistory()) }
    let early = (0..<30).count { _ in
      schedule.delay(afterFailure: 1, randomness: 0.5, now: now) < .seconds(300)
    }
    #expect(early == 8)
  }
}
