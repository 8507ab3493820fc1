import Glibc
import TestSupport
import Testing

@testable import Watching

/// Promise 1 of the design: a transition that the API showed at any sweep becomes an event exactly once.
///
/// One slice at a time: they never wait, so in parallel they would starve the tests that do.
@Suite(.serialized) struct WatchingModelTests {
  /// Seeds that failed once. Changing what is drawn changes their histories, too.
  private static let regressions: [UInt64] = [2, 10, 29, 42, 56, 61, 146, 1135, 2080, 2591]
  private static let slices: UInt64 = 8
  private static let seedsOfSlice: UInt64 = Effort.isThorough ? 375 : 10

  /// `VI_NOTIFY_SEED` selects a single seed.
  private static func seeds(_ slice: UInt64) -> [UInt64] {
    if let text = getenv("VI_NOTIFY_SEED") {
      return slice == 0 ? [UInt64(String(cString: text)) ?? 0] : []
    }
    let begin = slice * seedsOfSlice
    return (slice == 0 ? regressions : []) + Array(begin..<begin + seedsOfSlice)
  }

  @Test(arguments: 0..<slices)
  func `what any source shows is told once, through faults, lies and restarts`(slice: UInt64) async throws {
    let rules = try ModelRules()
    for seed in Self.seeds(slice) {
      var life = ModelLife(seed: seed, rules: rules)
      await life.live()
      await Task.yield()
      guard !life.mistakes.isEmpty else { continue }
      var again = ModelLife(seed: seed, rules: rules, keepsStory: true)
      await again.live()
      let story = again.source.withState { $0.story }.joined(separator: "\n")
      Issue.record("seed \(seed): \(life.mistakes)\n\(again.source.temper)\n\(story)")
      return
    }
  }
}
