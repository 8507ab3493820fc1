internal import Runs
internal import Storage

/// Forgets, now and then, what was settled long ago.
///
/// That is the one thing that can't be made good: so it believes a clock only while the API's agrees with it within a day, and
/// nothing is forgotten that may seem old because the clock was set.
struct Pruner {
  /// Between two looks.
  private static let pause: Duration = .seconds(3_600)
  /// Until the clock is looked at again.
  private static let shortPause: Duration = .seconds(60)
  private static let maxApart: Duration = .seconds(86_400)
  /// Forgotten in one transaction: others write in between.
  private static let batch = 500

  private let store: any StateStore
  private let clock: StateClock
  /// When ``step(retention:)`` has something to do, by the uptime.
  private(set) var next: Duration = .zero

  init(store: any StateStore, clock: StateClock) {
    self.store = store
    self.clock = clock
  }

  /// One transaction at a time: what else is to be done isn't kept waiting.
  mutating func step(retention: Duration) async throws(StorageError) {
    guard isBelieved else {
      next = clock.uptime + Self.shortPause
      return
    }
    let (now, history) = (clock.now, try await store.clockHistory())
    let before = now + (.zero - retention - history.doubt)
    if try await store.prune(before: before, limit: Self.batch) >= Self.batch { return }
    try await store.forgetClockSteps(olderThan: retention, at: now)
    next = clock.uptime + Self.pause
  }

  private var isBelieved: Bool {
    guard let ahead = clock.sourceAhead else { return false }
    return ahead < Self.maxApart && ahead > .zero - Self.maxApart
  }
}
