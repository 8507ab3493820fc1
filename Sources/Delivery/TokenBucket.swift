internal import Rules
internal import Runs
internal import WireTime

/// A token bucket that holds `count` and fills evenly, kept as the one moment at which it is full again (the generic cell
/// rate algorithm): exact in whole nanoseconds, whatever the rate.
struct TokenBucket: Sendable, Equatable {
  private let count: Int64
  /// Nanoseconds for one token, rounded up: never faster than asked.
  private let interval: Int64
  /// Nanoseconds since 1970.
  private var fullAt = Int64.min

  init(_ limit: RateLimit) {
    count = Int64(limit.count)
    interval = limit.per.milliseconds.multipliedSaturated(by: 1_000_000).addingSaturated(count - 1) / count
  }

  /// - Parameter idle: since it was empty, for all that is known; nil: it is full.
  init(_ limit: RateLimit, emptyFor idle: Duration?, at now: Timestamp) {
    self.init(limit)
    guard let idle else { return }
    let missing = (count * interval).subtractingSaturated(idle.milliseconds.multipliedSaturated(by: 1_000_000))
    fullAt = nanoseconds(now).addingSaturated(max(0, missing))
  }

  /// Tokens in the bucket, 0 to `count`.
  func available(at now: Timestamp) -> Int {
    Int(count - min(count, (debt(at: now) + interval - 1) / interval))
  }

  /// When there is at least one.
  func nextAvailable(after now: Timestamp) -> Timestamp {
    let wait = max(0, debt(at: now) - (count - 1) * interval)
    return now + .milliseconds((wait + 999_999) / 1_000_000)
  }

  mutating func take(at now: Timestamp) {
    fullAt = nanoseconds(now).addingSaturated(debt(at: now)).addingSaturated(interval)
  }

  /// The clock was set.
  mutating func move(by step: Duration) {
    guard fullAt != .min else { return }
    fullAt = fullAt.addingSaturated(step.milliseconds.multipliedSaturated(by: 1_000_000))
  }

  /// Nanoseconds until the bucket is full. A clock that was put back can't make it more than a whole bucket.
  private func debt(at now: Timestamp) -> Int64 {
    fullAt <= nanoseconds(now) ? 0 : min(fullAt.subtractingSaturated(nanoseconds(now)), count * interval)
  }

  /// Exact until the year 2262. A clock that is beyond it stands still here, and nothing is held back.
  private func nanoseconds(_ time: Timestamp) -> Int64 { time.milliseconds.multipliedSaturated(by: 1_000_000) }
}
