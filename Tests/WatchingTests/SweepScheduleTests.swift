import Runs
import TestSupport
import Testing

@testable import Watching

@Suite struct SweepScheduleTests {
  private let start = Timestamp(milliseconds: 1_766_000_000_000)

  @Test func `without adapting, sweeps begin an interval apart, whatever runs`() {
    var schedule = SweepSchedule(interval: .seconds(30), isAdaptive: false)
    let history = Self.history(minutes: 60)
    for index in 0..<100 {
      let now = start + .seconds(30 * index)
      let active = index % 2 == 0 ? [] : [(flow: String?.some("train"), startedAt: start)]
      #expect(schedule.delay(now: now, active: active, history: history) == .seconds(30))
    }
  }

  @Test func `without adapting, early retries are paid back by waits of at most two intervals`() {
    var schedule = SweepSchedule(interval: .seconds(30), isAdaptive: false)
    var now = start
    var waits: [Duration] = []
    for number in 1...3 {
      now = now + schedule.delay(afterFailure: number, randomness: 0.5, now: now)
    }
    for _ in 0..<4 {
      waits.append(schedule.delay(now: now, active: [], history: DurationHistory()))
      now = now + (waits.last ?? .zero)
    }
    // Three failures within 4 s, and what they should have taken is made up.
    #expect(waits == [.seconds(60), .seconds(60), .seconds(56), .seconds(30)])
  }

  @Test func `sweeps come sooner when an end is likely than when it is not`() {
    let history = Self.history(minutes: 60)
    func wait(minutes: Int) -> Duration {
      var schedule = SweepSchedule(interval: .seconds(60), isAdaptive: true, startWeight: 0)
      var now = start
      // The usual: one run after another.
      for index in 0..<500 {
        let active = [(flow: String?.some("train"), startedAt: now + .seconds(-60 * (index % 75)))]
        now = now + schedule.delay(now: now, active: active, history: history, latencies: [.seconds(1)])
      }
      return schedule.delay(
        now: now, active: [(flow: "train", startedAt: now + .seconds(-60 * minutes))], history: history)
    }
    #expect(wait(minutes: 60) < .seconds(30))
    #expect(wait(minutes: 10) > wait(minutes: 60) * 2)
  }

  @Test(arguments: [UInt64(11), 12, 13, 14])
  func `the pace is never above the interval's, whatever fails, runs or ends`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var schedule = SweepSchedule(interval: .seconds(3600), isAdaptive: true)
    var (now, failures, history) = (start, 0, DurationHistory())
    var sweeps: [Timestamp] = []
    for _ in 0..<600 {
      sweeps.append(now)
      if Int.random(in: 0..<3, using: &random) == 0 {
        failures += 1
        now = now + schedule.delay(afterFailure: failures, randomness: 0, now: now)
        continue
      }
      failures = 0
      let active = (0..<Int.random(in: 0..<50, using: &random)).map { _ in
        (flow: String?.some("train"), startedAt: now + .seconds(-Int.random(in: 0..<9000, using: &random)))
      }
      history.record(flow: "train", startedAt: now + .seconds(-Int.random(in: 1..<9000, using: &random)), endedAt: now)
      let wait = schedule.delay(now: now, active: active, history: history)
      #expect(wait >= .seconds(900) && wait <= .seconds(14_400))
      now = now + wait
    }
    #expect(sweeps.maxBeyondPace(interval: .seconds(3600)) <= 12)
  }

  @Test func `the average is the interval, also when nights are empty and mornings are full`() {
    var schedule = SweepSchedule(interval: .seconds(300), isAdaptive: true)
    let history = Self.history(minutes: 120)
    var (now, sweeps) = (start, 0)
    let end = start + .seconds(30 * 86_400)
    while now < end {
      let hour = (now - start).milliseconds / 3_600_000 % 24
      let count = hour == 8 ? 500 : hour > 8 ? 20 : 0
      let active = (0..<count).map { (flow: String?.some("train"), startedAt: now + .seconds(-60 * $0)) }
      now = now + schedule.delay(now: now, active: active, history: history)
      sweeps += 1
    }
    // 8,640 intervals; half a day may be saved at the end, eight were given at the beginning.
    #expect(sweeps <= 8640 + 8)
    #expect(sweeps >= 8640 - 144 - 1)
  }

  @Test func `ends are seen sooner than by a fixed interval, with no more sweeps`() {
    let (fixed, fixedSweeps) = meanLatency(isAdaptive: false)
    let (adaptive, sweeps) = meanLatency(isAdaptive: true)
    #expect(adaptive < fixed * 0.8)
    #expect(sweeps <= fixedSweeps + 8)
  }

  /// A run every five hours, of 40 to 80 min, over 100 days; seconds.
  private func meanLatency(isAdaptive: Bool) -> (Double, sweeps: Int) {
    var random = SeededGenerator(seed: 5)
    var schedule = SweepSchedule(interval: .seconds(120), isAdaptive: isAdaptive)
    var (now, history, waited, sweeps) = (start, DurationHistory(), Int64(0), 0)
    for index in 0..<480 {
      let begin = start + .seconds(index * 18_000 + Int.random(in: 0..<600, using: &random))
      let end = begin + .seconds(Int.random(in: 2400...4800, using: &random))
      while now < end {
        let active = begin <= now ? [(flow: String?.some("train"), startedAt: begin)] : []
        now = now + schedule.delay(now: now, active: active, history: history)
        sweeps += 1
      }
      waited += (now - end).milliseconds
      history.record(flow: "train", startedAt: begin, endedAt: end)
    }
    return (Double(waited) / 480_000, sweeps)
  }

  @Test(arguments: [0.0, 1])
  func `in the first ten minutes, and for a flow of which no end was seen, no wait is longer than the interval`(
    weight: Double
  ) {
    var schedule = SweepSchedule(interval: .seconds(30), isAdaptive: true, startWeight: weight)
    var now = start
    let known = Self.history(minutes: 600)
    while now < start + .seconds(600) {
      let wait = schedule.delay(now: now, active: [("train", now)], history: known)
      #expect(wait <= .seconds(30))
      now = now + wait
    }
    for _ in 0..<1_000 {
      let wait = schedule.delay(now: now, active: [("new", now)], history: known, latencies: [.zero])
      #expect(wait <= .seconds(30))
      now = now + wait
    }
  }

  private static func history(minutes: Int) -> DurationHistory {
    var history = DurationHistory()
    for _ in 0..<64 { history.record(flow: "train", minutes: minutes) }
    return history
  }
}
