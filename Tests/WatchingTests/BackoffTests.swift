import Runs
import Testing
import Transport

@testable import Watching

@Suite struct BackoffTests {
  private let failing = SourceError.failing(status: 500, message: "", retryAfter: nil)

  @Test func `waits double from a second to a minute, of which a random part is waited`() {
    var backoff = Backoff(interval: .milliseconds(1))
    let ceilings = (0..<9).map { _ in backoff.delay(after: failing, randomness: 0.999_999).milliseconds }
    #expect(ceilings.map { ($0 + 999) / 1000 } == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    #expect(backoff.delay(after: failing, randomness: 0) == .milliseconds(1))
    backoff.succeeded()
    #expect(backoff.delay(after: failing, randomness: 0.5) == .milliseconds(500))
  }

  @Test func `Retry-After wins over everything`() {
    var backoff = Backoff(interval: .seconds(30))
    #expect(backoff.delay(after: .rateLimited(retryAfter: .seconds(900)), randomness: 0.5) == .seconds(900))
  }

  @Test func `refused credentials are tried every five minutes`() {
    var backoff = Backoff(interval: .seconds(30))
    #expect(backoff.delay(after: .refused(status: 401, message: ""), randomness: 0.5) == .seconds(300))
  }
}
