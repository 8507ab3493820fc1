import FoundationEssentials
import TestSupport

/// What a process costs that has nothing to do: what it asks the server, by the server's log, and its CPU time.
enum PostgresIdle {
  /// By then it has begun, the others have shared with it, and what is done once an hour (after the first minute) is not in the second
  /// measure.
  private static let pause = 30.0
  private static let seconds = 30.0

  static func run() async throws {
    let server = try PostgresServer(["log_statement=all"])
    let (runs, folder) = (try RunListProcess(100, moving: 0), try ScratchFolder())
    let uri = try server.database("idle")
    let first = try RealWatcher(runs, in: folder, state: uri, [])
    let alone = try await measure(server, first)
    report("watching", alone)
    let second = try RealWatcher(runs, in: folder, state: uri, [])
    let both = try await measure(server, second)
    report("beside", (both.queries - alone.queries, both.cpu))
    withExtendedLifetime(first) {}
  }

  private static func report(_ name: String, _ cost: (queries: Double, cpu: Double)) {
    printFigure("postgres_idle_\(name)_queries", cost.queries, "queries/s")
    printFigure("postgres_idle_\(name)_cpu", cost.cpu * 100, "% of a core")
  }

  /// All that is asked a second, and the CPU time of one process in it.
  private static func measure(_ server: PostgresServer, _ watcher: RealWatcher) async throws -> (
    queries: Double, cpu: Double
  ) {
    try await Task.sleep(for: .seconds(pause))
    let (watch, before, used) = (Stopwatch(), queries(server), watcher.cpuSeconds)
    try await Task.sleep(for: .seconds(seconds))
    return (Double(queries(server) - before) / watch.wallSeconds, (watcher.cpuSeconds - used) / watch.wallSeconds)
  }

  private static func queries(_ server: PostgresServer) -> Int {
    let log = FileManager.default.contents(atPath: "\(server.directory)/log") ?? Data()
    return String(decoding: log, as: UTF8.self).split(separator: "\n").count {
      $0.contains("LOG:  statement: ") || $0.contains("LOG:  execute ")
    }
  }
}
