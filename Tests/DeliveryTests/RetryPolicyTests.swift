import Runs
import Testing

@testable import Delivery

@Suite struct RetryPolicyTests {
  private let created = Timestamp(milliseconds: 1_766_000_000_000)

  private func delays(_ randomness: Double, count: Int) -> [Int64] {
    let policy = RetryPolicy(retryFor: .seconds(1_000_000))
    return (1...count).map { attempt in
      policy.next(after: attempt, createdAt: created, now: created, retryAfter: nil, randomness: randomness)
        .map { ($0 - created).milliseconds / 1000 } ?? -1
    }
  }

  @Test func `the delays are the contract's, and stay at twelve hours`() {
    #expect(delays(0.5, count: 12) == [5, 30, 120, 600, 1800, 3600, 7200, 18000, 36000, 43200, 43200, 43200])
  }

  @Test func `delays are spread by a fifth to either side`() {
    #expect(delays(0, count: 2) == [4, 24])
    #expect(delays(1, count: 2) == [6, 36])
  }

  @Test func `a longer Retry-After wins, a shorter one does not`() {
    let policy = RetryPolicy(retryFor: .seconds(3600))
    func next(_ seconds: Int) -> Timestamp? {
      policy.next(after: 1, createdAt: created, now: created, retryAfter: .seconds(seconds), randomness: 0.5)
    }
    #expect(next(60) == created + .seconds(60))
    #expect(next(1) == created + .seconds(5))
  }

  @Test func `who is told to wait beyond the time for retries tries once more after that, and only once`() {
    let policy = RetryPolicy(retryFor: .seconds(60))
    func next(at seconds: Int, retryAfter: Duration?) -> Timestamp? {
      policy.next(
        after: 1, createdAt: created, now: created + .seconds(seconds), retryAfter: retryAfter, randomness: 0.5)
    }
    #expect(next(at: 10, retryAfter: .seconds(3600)) == created + .seconds(3610))
    #expect(next(at: 60, retryAfter: .seconds(1)) == nil)
    #expect(next(at: 3610, retryAfter: .seconds(3600)) == nil)
    #expect(next(at: 58, retryAfter: .seconds(1)) == created + .seconds(60))
  }

  @Test func `the last attempt is when the time for retries is over, and there is none after it`() {
    let policy = RetryPolicy(retryFor: .seconds(60))
    func next(at seconds: Int) -> Timestamp? {
      policy.next(after: 1, createdAt: created, now: created + .seconds(seconds), retryAfter: nil, randomness: 0.5)
    }
    #expect(next(at: 55) == created + .seconds(60))
    #expect(next(at: 56) == created + .seconds(60))
    #expect(next(at: 60) == nil)
  }

  @Test func `what others are still making is asked for again and again, every five minutes in the end`() {
    let seconds = (1...20).map {
      RetryPolicy.delay(after: $0, schedule: .waiting, randomness: 0.5).milliseconds / 1_000
    }
    #expect(seconds == [5, 10, 20, 30] + Array(repeating: 60, count: 10) + Array(repeating: 300, count: 6))
  }
}
