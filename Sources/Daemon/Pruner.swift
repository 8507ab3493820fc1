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

  let store: any StateStore
  let retention: Duration
  let clock: StateClock

  /// Runs until cancelled.
  func run() async throws {
    while !Task.isCancelled {
      guard isBelieved else {
        try await clock.system.sleep(Self.shortPause)
        continue
      }
      try await prune()
      try await clock.system.sleep(Self.pause)
    }
  }

  private var isBelieved: Bool {
    guard let ahead = clock.sourceAhead else { return false }
    return ahead < Self.maxApart && ahead > .zero - Self.maxApart
  }

  private func prune() async throws {
    let (now, history) = (clock.now, try await store.clockHistory())
    let before = now + (.zero - retention - history.doubt)
    while try await store.prune(before: before, limit: Self.batch) >= Self.batch { try Task.checkCancellation() }
    try await store.forgetClockSteps(olderThan: retention, at: now)
  }
}
