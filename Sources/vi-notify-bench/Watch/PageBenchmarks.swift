import Runs
import Watching

/// Which runs of pages that lie in memory have changed, and what the changed ones say: a whole sweep, without the network.
struct PageBenchmarks {
  private static let runs = 10_000
  private static let rounds = 20

  func run() async throws {
    let pages = MemoryPages(RunListing(count: Self.runs, moving: 3))
    var sum: UInt64 = 0
    let limit = try await speed(pages) {
      for page in pages.current { sum &+= page.withUnsafeBytes(ByteScan.hashOfKeys) }
    }
    if sum == 0 { giveUp("no keys") }
    printFigure("pages_byte_scan", limit, "MB/s")
    let list = try WatchedList(pages, fullSweep: .zero)
    for _ in 0..<2 { try await list.sweep() }
    let unchanged = try await speed(pages) { try await list.sweep() }
    printFigure("pages_unchanged", unchanged, "MB/s", ratio: unchanged / limit)
    let changed = try await speed(pages, prepare: pages.changeTenth) { try await list.sweep() }
    printFigure("pages_tenth_changed", changed, "MB/s", ratio: changed / limit)
  }

  /// By CPU time, the best of all rounds.
  private func speed(
    _ pages: MemoryPages, prepare: () -> Void = {}, _ body: () async throws -> Void
  ) async throws -> Double {
    var best = 0.0
    for _ in 0..<Self.rounds {
      prepare()
      let watch = Stopwatch()
      try await body()
      best = max(best, Double(pages.byteCount) / watch.cpuSeconds / 1e6)
    }
    return best
  }
}
