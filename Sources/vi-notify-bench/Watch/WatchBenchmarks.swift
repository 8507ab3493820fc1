import Glibc
import Transport

/// What watching costs: `vi-notify-bench watch [CASE]…`, with the cases `sweeps`, `steady`, `pages`, `memory` and `start`.
///
/// `VI_SDK_PYTHON` names a python that has the vendor's SDK: then that reads the same list in the same run.
struct WatchBenchmarks {
  static let cases = ["sweeps", "steady", "pages", "memory", "start"]
  private static let runs = 10_000
  private static let rounds = 7

  /// - Parameter names: of cases; empty: all.
  static func run(_ names: [String]) async throws {
    let wanted = names.isEmpty ? cases : names
    let benchmarks = WatchBenchmarks()
    if wanted.contains("sweeps") { try await benchmarks.compareSweeps() }
    if wanted.contains("steady") { try await benchmarks.measureSteadySweeps() }
    if wanted.contains("pages") { try await PageBenchmarks().run() }
    if wanted.contains("memory") { try await MemoryBenchmarks.run() }
    if wanted.contains("start") { try StartBenchmarks.run() }
  }

  /// Full sweeps, beside fetching the same pages through the same transport and looking at nothing. Rounds alternate, so that
  /// a machine that is busy for a while is so for all.
  private func compareSweeps() async throws {
    let server = try RunListProcess(Self.runs, moving: 3)
    let http = HTTPClient()
    let list = try WatchedList(WatchedList.client(server, http), fullSweep: .zero)
    for _ in 0..<2 { try await list.sweep() }
    try await fetch(server, http)
    var (bare, unchanged, changed): ([Double], [Double], [Double]) = ([], [], [])
    for _ in 0..<Self.rounds {
      bare.append(try await cost { try await fetch(server, http) })
      unchanged.append(try await cost { try await list.sweep() })
      server.tell("change all")
      changed.append(try await cost { try await list.sweep() })
    }
    let limit = least(bare)
    printFigure("watch_fetch_only", limit, "us/run")
    printFigure("watch_full_sweep_unchanged", least(unchanged), "us/run", ratio: least(unchanged) / limit)
    printFigure("watch_full_sweep_all_changed", least(changed), "us/run", ratio: least(changed) / limit)
    if let sdk = try VendorSDK.listCPU(server) {
      let cpu = sdk * 1e6 / Double(Self.runs)
      printFigure("watch_vendor_sdk_list", cpu, "us/run", ratio: cpu / limit)
    }
    await http.close()
  }

  /// CPU time, microseconds per run.
  private func cost(_ body: () async throws -> Void) async throws -> Double {
    let watch = Stopwatch()
    try await body()
    return watch.cpuSeconds * 1e6 / Double(Self.runs)
  }

  /// Whatever else the machine does only adds to it.
  private func least(_ values: [Double]) -> Double {
    values.min() ?? .nan
  }

  @concurrent private func fetch(_ server: RunListProcess, _ http: HTTPClient) async throws {
    for offset in stride(from: 0, to: Self.runs, by: 100) {
      let answer = try await http.send(HTTPRequest("GET", "\(server.list)?p=\(offset)&s=100"))
      if answer.body.count < 100 * RunListing.size { giveUp("a page of \(answer.body.count) bytes") }
    }
  }

  private func measureSteadySweeps() async throws {
    let server = try RunListProcess(Self.runs, moving: 3)
    let http = HTTPClient()
    let list = try WatchedList(WatchedList.client(server, http), fullSweep: .seconds(86_400))
    for _ in 0..<3 { try await list.sweep() }
    try await report("watch_steady_sweep", server, list) {}
    try await report("watch_steady_sweep_one_changed", server, list) { server.tell("change moving") }
    await http.close()
  }

  /// - Parameter prepare: before each sweep, not counted.
  private func report(
    _ name: String, _ server: RunListProcess, _ list: WatchedList, _ prepare: () -> Void
  ) async throws {
    let count = 200
    let before = server.count()
    var cpu: [Double] = []
    for _ in 0..<count {
      prepare()
      let watch = Stopwatch()
      try await list.sweep()
      cpu.append(watch.cpuSeconds * 1e3)
    }
    let after = server.count()
    printFigure("\(name)_requests", Double(after.requests - before.requests) / Double(count), "requests")
    printFigure("\(name)_bytes", Double(after.bytes - before.bytes) / Double(count), "bytes")
    printFigure("\(name)_cpu", cpu.sorted()[count / 2], "ms")
  }
}
