import Runs
import TestSupport
import Testing

@testable import Storage

struct StateClockTests {
  @Test func `it goes on evenly whatever is done to the wall clock, until it is told to follow`() {
    let time = ManualTime()
    let (clock, start) = (StateClock(time.source, boot: "b"), time.now)
    #expect(clock.now == start)
    time.advance(by: .seconds(10))
    #expect((clock.now, clock.step) == (start + .seconds(10), nil))
    time.stepWall(by: .seconds(-3600))
    #expect((clock.now, clock.step) == (start + .seconds(10), .seconds(-3600)))
    time.advance(by: .seconds(5))
    #expect((clock.now, clock.step) == (start + .seconds(15), .seconds(-3600)))
    clock.follow(.seconds(-3600))
    #expect(clock.keptReading == nil)
    clock.hasMoved()
    #expect(clock.keptReading == ClockReading(boot: "b", uptime: time.uptime, wall: time.now))
    #expect((clock.now, clock.step, clock.followed) == (time.now, nil, .seconds(-3600)))
    #expect(clock.even.now() == start + .seconds(15))
  }

  @Test func `steps of a second are left alone until they have come to more than two`() {
    let time = ManualTime()
    let clock = StateClock(time.source)
    for _ in 0..<2 {
      time.stepWall(by: .seconds(1))
      #expect(clock.step == nil)
    }
    time.stepWall(by: .milliseconds(1))
    #expect(clock.step == .milliseconds(2_001))
  }

  @Test func `the API's clock is compared with it and not with the one that never follows`() {
    let time = ManualTime()
    let clock = StateClock(time.source)
    #expect(clock.sourceAhead == nil)
    clock.ask(sourceAhead: { .seconds(100) })
    #expect(clock.sourceAhead == .seconds(100))
    time.stepWall(by: .seconds(90))
    clock.follow(.seconds(90))
    #expect(clock.sourceAhead == .seconds(10))
  }

  private func change(_ saved: ClockReading?, boot: String = "b", uptime: Int64, wall: Int64) -> ClockChange {
    ClockChange(from: saved, to: ClockReading(boot: boot, uptime: .seconds(uptime), wall: ms(wall * 1000)))
  }

  private func saved(_ sourceAhead: Duration? = nil, boot: String = "b") -> ClockReading {
    ClockReading(boot: boot, uptime: .seconds(1_000), wall: ms(500_000_000), sourceAhead: sourceAhead)
  }

  @Test func `in the same start of the machine the uptime tells exactly what was done to the clock`() {
    #expect(change(nil, uptime: 5, wall: 7) == .none)
    #expect(change(saved(), uptime: 1_000, wall: 500_000) == .none)
    #expect(change(saved(), uptime: 30_000, wall: 529_000) == .none)
    #expect(change(saved(), uptime: 30_000, wall: 529_002) == .none)
    #expect(change(saved(), uptime: 30_000, wall: 529_003) == ClockChange(step: .seconds(3)))
    #expect(change(saved(), uptime: 30_000, wall: 100_000) == ClockChange(step: .seconds(-429_000)))
  }

  @Test func `after another start a clock that is behind is taken as if no time had passed`() {
    #expect(change(saved(), boot: "c", uptime: 20, wall: 400_000) == ClockChange(step: .seconds(-100_000)))
    #expect(change(saved(), boot: "", uptime: 2_000, wall: 400_000) == ClockChange(step: .seconds(-100_000)))
    // An uptime that is less can't be of the same start, whatever its name says.
    #expect(change(saved(), uptime: 20, wall: 400_000) == ClockChange(step: .seconds(-100_000)))
    #expect(change(saved(boot: ""), boot: "", uptime: 2_000, wall: 400_000) == .none)
  }

  @Test func `after another start a clock that is ahead makes due what is due, and nothing older`() {
    var expected = ClockChange()
    (expected.ages, expected.retention) = (.seconds(100_000), .seconds(100_000))
    #expect(change(saved(), boot: "c", uptime: 20, wall: 600_000) == expected)
    expected.retention = .zero
    #expect(change(saved(.seconds(10)), boot: "c", uptime: 20, wall: 600_000) == expected)
    #expect(change(saved(.seconds(-90_000)), boot: "c", uptime: 20, wall: 600_000) == expected)
    expected.retention = .seconds(90_000)
    #expect(change(saved(.seconds(90_000)), boot: "c", uptime: 20, wall: 600_000) == expected)
    expected.retention = .seconds(100_000)
    #expect(change(saved(.seconds(900_000)), boot: "c", uptime: 20, wall: 600_000) == expected)
  }

  @Test func `this machine has a name for its start, and the same each time`() {
    #expect(ClockReading.thisBoot.count >= 36)
    #expect(ClockReading.thisBoot == ClockReading.thisBoot)
  }

  /// Rows that were settled under a clock that jumps; what is forgotten is as old as it must be.
  @Test(arguments: UInt64(0)..<200)
  func `nothing is forgotten early, however the clock was set, and all in the end`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let retention = Duration.seconds(10 * 86_400)
    var (elapsed, wall) = (Duration.zero, ms(1_766_000_000_000))
    var history = ClockHistory()
    var rows: [(settled: Timestamp, at: Duration)] = []
    for _ in 0..<400 {
      let pause = Duration.seconds(Int64.random(in: 1...86_400, using: &random))
      (elapsed, wall) = (elapsed + pause, wall + pause)
      if Int.random(in: 0..<6, using: &random) == 0 {
        let size = ([1, 60, 3_600, 86_400, 2_592_000] as [Int64]).randomElement(using: &random) ?? 1
        let step = Duration.seconds(Int64.random(in: -size...size, using: &random))
        wall = wall + step
        history.add(ClockHistory.Step(at: wall, by: step))
        for index in rows.indices { rows[index].settled = min(rows[index].settled, wall) }
      }
      rows.append((wall, elapsed))
      let before = wall + (.zero - retention - history.doubt)
      let gone = rows.filter { $0.settled < before }
      #expect(gone.allSatisfy { elapsed - $0.at >= retention }, "seed \(seed)")
      rows.removeAll { $0.settled < before }
      history.forget(olderThan: retention, at: wall)
    }
    // Once the clock is left alone.
    for _ in 0..<22 {
      wall = wall + .seconds(86_400)
      let before = wall + (.zero - retention - history.doubt)
      rows.removeAll { $0.settled < before }
      history.forget(olderThan: retention, at: wall)
    }
    #expect(rows.isEmpty, "seed \(seed)")
    #expect(history.steps.count < 60)
  }

  @Test func `of very many steps some are joined, and then things are kept rather too long`() {
    var history = ClockHistory()
    for index in 0..<1_000 {
      history.add(ClockHistory.Step(at: ms(Int64(index)), by: .seconds(index.isMultiple(of: 2) ? 5 : -4)))
    }
    #expect(history.steps.count == ClockHistory.maxSteps)
    #expect(history.doubt >= .seconds(500))
  }
}
