import Runs
import Testing
import ViAPI

@testable import Watching

@Suite struct OutageTests {
  private static let start = Timestamp(milliseconds: 1_766_000_000_000)
  private let failure = SourceError.rateLimited(retryAfter: nil)

  private func at(_ seconds: Int64) -> Timestamp { Self.start + .seconds(seconds) }

  private var outage: Outage { Outage(patience: .seconds(300), start: Self.start) }

  @Test func `it is told when nothing whole was seen for so long, and not a moment before`() {
    var outage = outage
    outage.failed(failure, at: at(10))
    #expect(nil == outage.complaint(at: at(299)))
    #expect(nil != outage.complaint(at: at(300)))
    outage.swept(at: at(301))
    outage.failed(failure, at: at(302))
    #expect(nil == outage.complaint(at: at(600)))
    #expect(nil != outage.complaint(at: at(601)))
  }

  @Test func `a machine that was asleep has lost sight of nothing`() {
    var outage = outage
    #expect(nil == outage.complaint(at: at(90_000)))
    outage.failed(failure, at: at(90_001))
    outage.swept(at: at(90_002))
    #expect(outage.failure == nil)
    #expect(nil == outage.complaint(at: at(180_000)))
  }

  @Test func `a sweep that does not come to its end is told of, but not one that has just begun`() {
    var outage = outage
    outage.begins(at: at(280))
    #expect(outage.complaint(at: at(300)) == nil)
    #expect(outage.timeLeft(at: at(300)) == .seconds(10))
    #expect(outage.complaint(at: at(310)) == "the sweep that began 30s ago has not ended")
    #expect(outage.timeLeft(at: at(310)) == .seconds(300))
    outage.swept(at: at(311))
    #expect(outage.complaint(at: at(90_000)) == nil)
  }

  @Test func `it is looked for when it may have to be told, and never later than that`() {
    var outage = outage
    #expect(outage.timeLeft(at: at(0)) == .seconds(300))
    #expect(outage.timeLeft(at: at(299)) == .seconds(1))
    #expect(outage.timeLeft(at: at(300)) == .seconds(300))
    outage.swept(at: at(100))
    #expect(outage.timeLeft(at: at(150)) == .seconds(250))
  }

  @Test func `a clock that is set back does not put it off until it has caught up`() {
    var outage = outage
    outage.swept(at: at(100))
    #expect(outage.timeLeft(at: at(-3600)) == .seconds(300))
    outage.failed(failure, at: at(-3600))
    #expect(nil == outage.complaint(at: at(-3301)))
    #expect(nil != outage.complaint(at: at(-3300)))
  }
}
