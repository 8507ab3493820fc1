import Glibc
import Runs
import TestSupport
import Testing

@testable import Watching

/// How late ends are seen, beside a fixed pace with as many looks, in fleets that are drawn. `vi-notify-bench schedule` does
/// the same at length.
@Suite struct SchedulePaceTests {
  private struct Life {
    let flow: String
    let start: Timestamp
    let end: Timestamp
  }

  private static let interval: Duration = .seconds(60)
  private static let days = Effort.isThorough ? 20 : 7

  /// Runs of some flows, an equal part of them each, of which every sixth fails within minutes; by start.
  private static func fleet(_ seed: UInt64, flows: Int, perDay: Int, changes: Bool) -> [Life] {
    var random = SeededGenerator(seed: seed)
    return (0..<days * perDay).map { _ -> Life in
      let start = Int64.random(in: 0..<Int64(days) * 86_400_000, using: &random)
      let flow = Int.random(in: 0..<flows, using: &random)
      var median = 900.0 * Double(1 << (flow % 5))
      // What took long takes a twentieth of it three days later.
      if changes, start / (3 * 86_400_000) % 2 == 1 { median /= 20 }
      let part = Double.random(in: 0.6...1.6, using: &random)
      let isEarly = Int.random(in: 0..<6, using: &random) == 0
      let seconds = isEarly ? -180 * log(Double.random(in: 0.001...1, using: &random)) : median * part
      let begin = Timestamp(milliseconds: start)
      return Life(flow: "flow-\(flow)", start: begin, end: begin + .milliseconds(Int64(seconds * 1000) + 1))
    }.sorted { $0.start < $1.start }
  }

  private struct Ends {
    var latencies: [Int64] = []
    var ofFirstDay: [Int64] = []
    var early: [Int64] = []
    var sweeps = 0
  }

  private static func watch(_ fleet: [Life], isAdaptive: Bool, startWeight: Double) -> Ends {
    var schedule = SweepSchedule(interval: interval, isAdaptive: isAdaptive, startWeight: startWeight)
    var (history, active, begun, ends) = (DurationHistory(), [Life](), 0, Ends())
    var now = Timestamp(milliseconds: 0)
    while now < Timestamp(milliseconds: Int64(days) * 86_400_000) {
      ends.sweeps += 1
      while begun < fleet.count, fleet[begun].start <= now {
        active.append(fleet[begun])
        begun += 1
      }
      let ended = active.filter { $0.end <= now }
      active.removeAll { $0.end <= now }
      for life in ended {
        let late = (now - life.end).milliseconds
        ends.latencies.append(late)
        if life.end.milliseconds < 86_400_000 { ends.ofFirstDay.append(late) }
        if life.end - life.start < .seconds(300) { ends.early.append(late) }
        history.record(flow: life.flow, startedAt: life.start, endedAt: life.end)
      }
      let moving = active.map { (flow: String?.some($0.flow), startedAt: $0.start) }
      now =
        now
        + schedule.delay(now: now, active: moving, history: history, latencies: ended.map { now - $0.end })
    }
    return ends
  }

  private static func p95(_ latencies: [Int64]) -> Double {
    let sorted = latencies.sorted()
    return sorted.isEmpty ? 0 : Double(sorted[sorted.count * 95 / 100]) / Double(interval.milliseconds)
  }

  @Test(
    arguments: [(1, 8, false), (1, 40, false), (20, 120, false), (5, 60, true)] as [(Int, Int, Bool)], [0.0, 1])
  func `in every phase nineteen of twenty ends are seen as soon as by a fixed pace, with as many looks`(
    _ fleet: (flows: Int, perDay: Int, changes: Bool), _ startWeight: Double
  ) {
    let lives = Self.fleet(7, flows: fleet.flows, perDay: fleet.perDay, changes: fleet.changes)
    let adaptive = Self.watch(lives, isAdaptive: true, startWeight: startWeight)
    let fixed = Self.watch(lives, isAdaptive: false, startWeight: 0)
    // What is drawn is chance: of n ends a fixed pace shows the 95th percentile anywhere around 0.95.
    func bound(_ count: Int) -> Double { 0.95 + 2 * (0.95 * 0.05 / Double(max(count, 1))).squareRoot() }
    #expect(Self.p95(adaptive.latencies) <= bound(adaptive.latencies.count))
    #expect(Self.p95(adaptive.early) <= bound(adaptive.early.count))
    #expect(Self.p95(adaptive.ofFirstDay) <= 1)
    #expect(adaptive.sweeps <= fixed.sweeps + 8)
  }
}
