import Delivery
import Glibc
import Storage
import TestSupport

/// What the past costs: a burst beside a million deliveries that were settled before, and one while somebody's transaction keeps an old
/// snapshot, so that the server can clear nothing away.
enum PostgresHistory {
  private static let burst = 50_000
  private static let settled = 1_000_000

  static func run() async throws {
    let (server, sink) = (try PostgresServer([]), try SinkProcess())
    let fresh = try await speed(server, try server.database("fresh"), sink, settled: 0)
    printFigure("postgres_fresh_speed", fresh, "deliveries/s")
    let beside = try await speed(server, try server.database("million"), sink, settled: settled)
    printFigure("postgres_beside_million_speed", beside, "deliveries/s", ratio: beside / fresh)
    let held = try await speed(server, try server.database("snapshot"), sink, settled: 0, holdsSnapshot: true)
    printFigure("postgres_old_snapshot_speed", held, "deliveries/s", ratio: held / fresh)
  }

  private static func speed(
    _ server: PostgresServer, _ uri: String, _ sink: SinkProcess, settled: Int, holdsSnapshot: Bool = false
  ) async throws -> Double {
    let kit = try OutboxKit(
      path: uri, for: .sharing(Set(Role.allCases), worker: "bench", version: "0"), url: sink.url)
    try await kit.fill(0..<1)
    let name = String(uri.drop { $0 != "@" }.dropFirst(2).prefix { $0 != "?" })
    try server.psql(copies(settled, "old", "'delivered', NULL, 1"), in: name)
    try server.psql(copies(burst - 1, "new", "'pending', 1, NULL"), in: name)
    try server.psql("VACUUM ANALYZE", in: name)
    try server.psql("CHECKPOINT")
    let life =
      holdsSnapshot
      ? try server.keep([
        "\(PostgresServer.programs ?? "")/psql", "-X", "-q", "-d", uri, "-c",
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM vi_notify.deliveries; SELECT pg_sleep(3600)",
      ]) : nil
    while holdsSnapshot,
      try server.psql("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'", in: name).isEmpty
    { try await Task.sleep(for: .milliseconds(50)) }
    let before = sink.count()
    let watch = Stopwatch()
    kit.dispatcher.finish(.whenNothingIsDue)
    try await kit.dispatcher.run()
    let seconds = watch.wallSeconds
    guard sink.count() - before == burst else { giveUp("\(sink.count() - before) of \(burst) were delivered") }
    if let life { close(life) }
    await kit.close()
    return Double(burst) / seconds
  }

  /// Makes so many like the first: an event and a delivery with its content each.
  ///
  /// - Parameter state: `status`, `next_attempt_at` and `settled_at`.
  private static func copies(_ count: Int, _ name: String, _ state: String) -> String {
    """
    INSERT INTO vi_notify.events (id, run_id, phase, stayed, time, seen_at, rules, body)
      SELECT '\(name)-e' || i, '\(name)-r' || i, phase, stayed, time, seen_at, rules, body
      FROM vi_notify.events, generate_series(1, \(count)) AS i WHERE sequence = 1;
    WITH made AS (
      INSERT INTO vi_notify.deliveries (id, event_id, run_id, rule, action, destination, kind, created_at, defers,
        is_once, continues, form, is_standard, updates, waits, status, next_attempt_at, settled_at)
      SELECT '\(name)-' || i, '\(name)-e' || i, '\(name)-r' || i, rule, action, destination, kind, created_at, defers,
        is_once, continues, form, is_standard, updates, waits, \(state)
      FROM vi_notify.deliveries, generate_series(1, \(count)) AS i WHERE sequence = 1 RETURNING sequence)
    INSERT INTO vi_notify.contents (delivery, bytes)
      SELECT m.sequence, c.bytes FROM made m, vi_notify.contents c WHERE c.delivery = 1
    """
  }
}
