import Storage
import TestSupport

/// What more processes are worth where receivers are slow: 16 destinations on one host, whose receivers take 50 ms. A process has 64
/// connections to a host, so one can't send more than 1,280 a second.
enum PostgresScale {
  private static let destinations = (0..<16).map { "d\($0)" }
  private static let seconds = 4.0

  static func run() async throws {
    let one = try await speed(processes: 1, waiting: 16_000)
    printFigure("postgres_processes_1", one, "deliveries/s")
    let four = try await speed(processes: 4, waiting: 64_000)
    printFigure("postgres_processes_4", four, "deliveries/s", ratio: four / one)
  }

  /// While all of them have something to do.
  private static func speed(processes: Int, waiting: Int) async throws -> Double {
    let (server, sink) = (try PostgresServer([]), try SinkProcess(delay: 50))
    let (runs, folder) = (try RunListProcess(0, moving: 0), try ScratchFolder())
    let uri = try server.database("scale")
    let kit = try OutboxKit(path: uri, url: sink.url)
    let share = waiting / destinations.count
    for (index, name) in destinations.enumerated() {
      try await kit.fill(index * share..<(index + 1) * share, to: name)
    }
    await kit.close()
    try server.psql("VACUUM ANALYZE vi_notify.deliveries", in: "scale")
    try server.psql("CHECKPOINT")
    let members = destinations.map { #""\#($0)": {"type": "webhook", "url": "\#(sink.url)/hook", "concurrency": 16}"# }
    let rules = """
      {"version": 1, "destinations": {\(members.joined(separator: ","))},
       "rules": [{"name": "r", "actions": [{"send": "d0"}]}]}
      """
    let watchers = try (0..<processes).map { _ in
      try RealWatcher(runs, in: folder, rules: rules, state: uri, ["--interval", "1h"])
    }
    defer { withExtendedLifetime(watchers) {} }
    let even = Array(repeating: "\(destinations.count / processes)", count: processes).joined(separator: "\n") + "\n"
    let held =
      "SELECT count(*) FROM vi_notify.leases WHERE member IS NOT NULL AND name ~ '^target/d[0-9]+$' GROUP BY member"
    for _ in 0..<100 where try server.psql(held, in: "scale") != even { try await Task.sleep(for: .milliseconds(200)) }
    guard try server.psql(held, in: "scale") == even else {
      giveUp("16 destinations are not shared out among \(processes): \(try server.psql(held, in: "scale"))")
    }
    let (watch, before) = (Stopwatch(), sink.count())
    try await Task.sleep(for: .seconds(seconds))
    let (sent, time) = (sink.count() - before, watch.wallSeconds)
    guard sink.count() < waiting else { giveUp("all were delivered before the time was over") }
    return Double(sent) / time
  }
}
