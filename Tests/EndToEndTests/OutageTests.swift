import Glibc
import JSONSource
import Simulator
import TestSupport
import Testing

/// A watcher whose PostgreSQL goes away for a while.
@Suite(
  .enabled(if: PostgresServer.programs != nil, "apt-get install postgresql"), .timeLimit(.minutes(6))
) struct OutageTests {
  private static let gauge = "vi_notify_state_out_of_reach_since_timestamp_seconds"

  /// Asks until the answer is so.
  private func answer(_ stage: Stage, _ url: String, holds text: String) async throws -> String {
    while true {
      let answer = try await StatusPortTests.curl(stage, url)
      if answer.contains(text) { return answer }
    }
  }

  @Test func `an outage is shown while it lasts, waited for, and over by itself`() async throws {
    let server = try PostgresServer(["fsync=off"])
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let manager = try ServiceManager(stage.path("notify"))
      let watch = try stage.start(
        "watch", "--rules", "rules.json", "--state", server.uri(), "--listen", "127.0.0.1:0",
        with: ["NOTIFY_SOCKET": stage.path("notify"), "WATCHDOG_USEC": "2000000"])
      let address = try await StatusPortTests.address(of: watch)
      _ = try await answer(stage, "\(address)/-/ready", holds: "ready\n\n200")
      #expect(try await StatusPortTests.curl(stage, "\(address)/metrics").contains("\n\(Self.gauge) 0\n"))

      try server.stop()
      // It is answered before the server is back.
      let early = try await StatusPortTests.curl(stage, "\(address)/api/v1/runs")
      #expect(early.contains("connection to server") && early.hasSuffix("\n503\n"), "\(early)")
      let ready = try await answer(
        stage, "\(address)/-/ready?format=json", holds: "the state has been out of reach since 2")
      #expect(ready.hasSuffix("\n503\n"))
      #expect(try await StatusPortTests.curl(stage, "\(address)/-/healthy") == "healthy\n\n200\n")
      let status = try await StatusPortTests.curl(stage, "\(address)/api/v1/status")
      #expect(status.contains("the state has been out of reach since 2") && status.hasSuffix("\n503\n"), "\(status)")
      let metrics = try await StatusPortTests.curl(stage, "\(address)/metrics")
      let since = try #require(metrics.firstMatch(of: /_out_of_reach_since_timestamp_seconds ([0-9.]+)\n/))
      #expect(Double(since.output.1).map { $0 > 1_000_000_000 } == true)
      #expect(!metrics.contains("vi_notify_outbox_pending"))
      _ = await manager.next("STATUS=the state has been out of reach since 2")
      _ = await manager.next("WATCHDOG=1")
      let look = try await stage.run("status", "--state", server.uri())
      #expect(look.code == 73 && look.output.isEmpty, "\(look.output)")
      #expect(look.errors.contains("can't be opened") && look.errors.contains("start the server"), "\(look.errors)")
      stage.simulator.move("run_a", to: .failed)

      try server.start()
      try await watch.says("the state can be reached again")
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      _ = try await answer(stage, "\(address)/-/ready", holds: "ready\n\n200")
      _ = try await answer(stage, "\(address)/metrics", holds: "\n\(Self.gauge) 0\n")
      _ = await manager.next("STATUS=watching")
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      #expect(watch.errors.contains(/waiting for it" reason="?[^\n]+/), "\(watch.errors)")
    }
  }

  @Test func `status says when a transaction holds the database up`() async throws {
    let server = try PostgresServer.shared.get()
    let state = try server.database("snapshot_\(UInt64.random(in: 0...UInt64.max))")
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(RulesText.hub)
      #expect(try await stage.run("watch", "--rules", "rules.json", "--state", state, "--once").code == 0)
      #expect(!(try await stage.run("status", "--state", state)).output.contains("snapshot"))
      let session = try stage.startShell(
        #"exec "$0" -X -q -d "$1" -c 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_sleep(300)'"#,
        ["\(PostgresServer.programs ?? "")/psql", state])
      var status = ""
      while !status.contains("the oldest is open for") {
        status = try await stage.run("status", "--state", state).output
      }
      #expect(status.contains("snapshot") && status.contains("(psql)"), "\(status)")
      let process = try #require(status.firstMatch(of: /process ([0-9]+) of the\s+role/)).output.1
      try server.psql("SELECT pg_terminate_backend(\(process))")
      #expect(try await session.end().code != 0)
      #expect(!(try await stage.run("status", "--state", state)).output.contains("snapshot"))
    }
  }
}
