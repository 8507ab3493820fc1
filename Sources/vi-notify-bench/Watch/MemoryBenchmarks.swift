import Glibc

/// What the real program holds in memory, once it watches: resident now, and at most so far.
enum MemoryBenchmarks {
  static func run() async throws {
    try await measure("idle", runs: 0)
    try await measure("10000", runs: 10_000)
    try await measure("100000", runs: 100_000)
  }

  private static func measure(_ name: String, runs: Int) async throws {
    let server = try RunListProcess(runs, moving: 3)
    let folder = try ScratchFolder()
    let watcher = try RealWatcher(server, in: folder, ["--interval", "200ms"])
    // The first sweep reads all pages, and the tenth after it has found its way.
    let wanted = max(1, runs / 100) + 10
    for _ in 0..<600 where server.count().requests < wanted { usleep(100_000) }
    guard server.count().requests >= wanted else { giveUp("the watcher of \(runs) runs is not heard of") }
    printFigure("memory_\(name)", watcher.megabytes("VmRSS"), "MB")
    printFigure("memory_\(name)_peak", watcher.megabytes("VmHWM"), "MB")
  }
}
