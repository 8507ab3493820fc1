internal import Runs
internal import Storage

/// Forgets, now and then, what was settled long ago.
struct Pruner {
  /// Between two looks.
  private static let pause: Duration = .seconds(3_600)
  /// Forgotten in one transaction: others write in between.
  private static let batch = 500

  let store: any StateStore
  let retention: Duration
  let time: TimeSource

  /// Runs until cancelled.
  func run() async throws {
    while !Task.isCancelled {
      let before = time.now() + (.zero - retention)
      while try await store.prune(before: before, limit: Self.batch) >= Self.batch { try Task.checkCancellation() }
      try await time.sleep(Self.pause)
    }
  }
}
