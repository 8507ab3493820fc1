import Delivery
import Glibc
import Storage
import TestSupport

/// Deliveries whose state is in PostgreSQL: `vi-notify-bench postgres [CASE]…`. It starts a server of its own, which writes to the
/// disk at each commit, and so needs the programs of one; it and its files go with this process.
struct PostgresBenchmarks {
  static let cases = ["deliver", "history", "scale", "idle"]

  static func run(_ names: [String]) async throws {
    for name in names.isEmpty ? cases : names {
      switch name {
      case "deliver": try await compareBursts()
      case "history": try await PostgresHistory.run()
      case "scale": try await PostgresScale.run()
      default: try await PostgresIdle.run()
      }
    }
  }

  private static let burst = 20_000
  private static let rounds = 5
  private static let concurrency = 64

  /// Rounds alternate, so that a machine that is busy for a while is so for both.
  private static func compareBursts() async throws {
    let (server, sink) = (try PostgresServer([]), try SinkProcess())
    var (least, ours): ([DeliveryCost], [DeliveryCost]) = ([], [])
    for round in 0..<rounds {
      let rows = PostgresRows(try server.database("least_\(round)"))
      let outbox = MinimalOutbox(rows, url: sink.url, concurrency: concurrency)
      rows.fill(burst, body: [UInt8](repeating: 0x78, count: 1_024))
      try server.psql("CHECKPOINT")
      let start = Stopwatch()
      expect(outbox.run())
      least.append(DeliveryCost(start, deliveries: burst))
      ours.append(try await deliver(server, try server.database("state_\(round)"), sink))
    }
    let (limit, cost) = (DeliveryCost.best(least), DeliveryCost.best(ours))
    printFigure("postgres_least_speed", limit.perSecond, "deliveries/s")
    printFigure("postgres_speed", cost.perSecond, "deliveries/s", ratio: cost.perSecond / limit.perSecond)
    printFigure("postgres_least_cpu", limit.cpu, "us/delivery")
    printFigure("postgres_cpu", cost.cpu, "us/delivery", ratio: cost.cpu / limit.cpu)
  }

  /// As one of several processes does it.
  private static func deliver(_ server: PostgresServer, _ uri: String, _ sink: SinkProcess) async throws -> DeliveryCost
  {
    let kit = try OutboxKit(
      path: uri, for: .sharing(Set(Role.allCases), worker: "bench", version: "0"), url: sink.url)
    try await kit.fill(0..<burst)
    try server.psql("CHECKPOINT")
    let before = sink.count()
    let start = Stopwatch()
    kit.dispatcher.finish(.whenNothingIsDue)
    try await kit.dispatcher.run()
    let cost = DeliveryCost(start, deliveries: burst)
    expect(sink.count() - before)
    await kit.close()
    return cost
  }

  /// Ends the bench unless all were delivered: a speed with failures in it means nothing.
  private static func expect(_ delivered: Int) {
    guard delivered != burst else { return }
    giveUp("\(delivered) of \(burst) were delivered")
  }
}
