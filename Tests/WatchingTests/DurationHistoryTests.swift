import Runs
import Testing

@testable import Watching

@Suite struct DurationHistoryTests {
  @Test func `what is usual is the median of the last ten successes, once there are three`() {
    var history = DurationHistory()
    func record(_ seconds: Int64, hasSucceeded: Bool = true) {
      history.record(
        flow: "a", startedAt: Timestamp(milliseconds: 0), endedAt: Timestamp(milliseconds: seconds * 1000),
        hasSucceeded: hasSucceeded)
    }
    record(100)
    record(300)
    for _ in 0..<5 { record(1, hasSucceeded: false) }
    #expect(history.usual(flow: "a") == nil)
    record(200)
    #expect(history.usual(flow: "a") == .seconds(200))
    for _ in 0..<10 { record(50) }
    #expect(history.usual(flow: "a") == .seconds(50))
    #expect(history.usual(flow: "b") == nil && history.usual(flow: nil) == nil)
  }

  private let times: [Float] = [0, 0.5, 1, 59, 3600, 86_400, 0x1p25, 0x1p26, 1e30]

  @Test func `there is always a chance of an end, whatever was seen`() {
    for seen: Float in [-5, 0, 0.001, 600, 1e9, .infinity, .nan] {
      var distribution = DurationDistribution(capacity: 64)
      for _ in 0..<200 { distribution.add(seconds: seen, prior: nil) }
      for time in times {
        let (share, hazard) = (distribution.survival(seconds: time), distribution.hazard(seconds: time))
        #expect(share > 0 && share <= 1, "\(seen) \(time)")
        #expect(hazard > 0 && hazard.isFinite, "\(seen) \(time)")
      }
    }
  }

  @Test func `fewer runs outlast a longer time`() {
    var distribution = DurationDistribution(capacity: 64)
    for minutes in 1...64 { distribution.add(seconds: Float(minutes) * 60, prior: nil) }
    let shares = stride(from: Float(0), to: 10_000, by: 7).map { distribution.survival(seconds: $0) }
    #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 > $1 })
    #expect(abs(distribution.survival(seconds: 1920) - 0.5) < 0.05)
  }

  @Test func `an end is likeliest about when runs ended before, and less and less so long after`() {
    var history = DurationHistory()
    for _ in 0..<64 { history.record(flow: "train", minutes: 60) }
    let hazards = [10, 60, 300, 3000].map { history.hazard(flow: "train", elapsed: .seconds($0 * 60)) }
    #expect(hazards[1] > 20 * hazards[0])
    #expect(hazards[1] > 20 * hazards[2])
    #expect(hazards[2] > 2 * hazards[3])
  }

  @Test func `only the latest runs count`() {
    var moved = DurationDistribution(capacity: 64)
    var fresh = DurationDistribution(capacity: 64)
    for _ in 0..<100 { moved.add(seconds: 20, prior: nil) }
    for index in 0..<64 {
      moved.add(seconds: 5000 + Float(index), prior: nil)
      fresh.add(seconds: 5000 + Float(index), prior: nil)
    }
    #expect(times.map(moved.survival) == times.map(fresh.survival))
  }

  @Test func `an unknown flow is judged by all the others`() {
    var history = DurationHistory()
    for _ in 0..<64 { history.record(flow: "train", minutes: 60) }
    let unknown = history.hazard(flow: "new", elapsed: .seconds(3600))
    #expect(unknown == history.hazard(flow: nil, elapsed: .seconds(3600)))
    #expect(unknown > 20 * history.hazard(flow: "new", elapsed: .seconds(600)))
  }

  @Test func `so many flows are kept, and the one without an end for longest is forgotten`() {
    var history = DurationHistory(capacity: 2)
    for _ in 0..<20 { history.record(flow: "a", minutes: 60) }
    for _ in 0..<20 { history.record(flow: "b", minutes: 5) }
    history.record(flow: "a", minutes: 60)
    history.record(flow: "c", minutes: 5)
    let hour = Duration.seconds(3600)
    #expect(history.flowCount == 2)
    #expect(history.hazard(flow: "b", elapsed: hour) == history.hazard(flow: "unheard of", elapsed: hour))
    #expect(history.hazard(flow: "a", elapsed: hour) != history.hazard(flow: "unheard of", elapsed: hour))
  }

  @Test func `the rate of ends follows what happened of late`() {
    var rate = EventRate()
    #expect(rate.perSecond(now: Timestamp(milliseconds: 5)) == 1 / EventRate.memory)
    for hour in 0..<200 { rate.count(at: Timestamp(milliseconds: Int64(hour) * 3_600_000)) }
    let busy = rate.perSecond(now: Timestamp(milliseconds: 199 * 3_600_000)) * 3600
    #expect(abs(busy - 1) < 0.06)
    #expect(rate.perSecond(now: Timestamp(milliseconds: 247 * 3_600_000)) * 3600 < busy / 50)
  }
}

extension DurationHistory {
  mutating func record(flow: String, minutes: Int) {
    let start = Timestamp(milliseconds: 0)
    record(flow: flow, startedAt: start, endedAt: start + .seconds(minutes * 60))
  }
}
