package import Runs

/// When a failed attempt is repeated.
package struct RetryPolicy: Sendable {
  /// How far apart attempts are.
  package enum BackoffSchedule: Sendable {
    /// Something is wrong, and may be for long.
    case failing
    /// Something isn't there yet that others are making at this moment.
    case waiting

    /// Before the second attempt, the third, and so on; after the last one it stays at that.
    fileprivate var delays: [Duration] { self == .failing ? Self.whenFailing : Self.whenWaiting }

    private static let whenFailing: [Duration] = [
      .seconds(5), .seconds(30), .seconds(120), .seconds(600), .seconds(1800), .seconds(3600), .seconds(2 * 3600),
      .seconds(5 * 3600), .seconds(10 * 3600), .seconds(12 * 3600),
    ]
    private static let whenWaiting: [Duration] =
      [.seconds(5), .seconds(10), .seconds(20), .seconds(30)]
      + Array(repeating: .seconds(60), count: 10) + [.seconds(300)]
  }

  /// From the delivery's creation to its last attempt.
  package let retryFor: Duration
  private let schedule: BackoffSchedule

  package init(retryFor: Duration, schedule: BackoffSchedule = .failing) {
    self.retryFor = retryFor
    self.schedule = schedule
  }

  /// Before the attempt that follows attempt number `attempt` (from 1).
  ///
  /// - Parameter randomness: 0 ..< 1, spreads the delay by ±20 %.
  package static func delay(after attempt: Int, schedule: BackoffSchedule = .failing, randomness: Double) -> Duration {
    let delays = schedule.delays
    let base = delays[min(max(attempt, 1), delays.count) - 1]
    return .milliseconds(Int64(Double(base.milliseconds) * (0.8 + 0.4 * randomness)))
  }

  /// When to try again after attempt number `attempt` (from 1), or nil when the time for it is over. The last attempt is at
  /// its end, also where the delays would lead beyond it.
  ///
  /// - Parameters:
  ///   - retryAfter: what the other side asked for; it wins when it is longer. When it is all that reaches beyond
  ///     ``retryFor``, there is one attempt after it: we were asked to come back then.
  ///   - randomness: 0 ..< 1, spreads the delay by ±20 %.
  package func next(
    after attempt: Int, createdAt: Timestamp, now: Timestamp, retryAfter: Duration?, randomness: Double
  ) -> Timestamp? {
    let (delay, end) = (
      now + Self.delay(after: attempt, schedule: schedule, randomness: randomness), createdAt + retryFor
    )
    guard now < end else { return nil }
    return max(min(delay, end), retryAfter.map { now + $0 } ?? now)
  }
}
