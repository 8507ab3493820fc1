import Glibc
import JSONSource
import Simulator
import TestSupport
import Testing

/// A state moves to another store, and the watcher goes on there.
@Suite(.timeLimit(.minutes(6))) struct StateCopyTests {
  private static let runCount = 12

  private let scenario = Scenario(runs: (0..<runCount).map { ScriptedRun.running("run_\($0)") })

  /// A state with runs that have been told of and others whose deliveries wait: `old.sqlite`.
  private func fill(_ stage: Stage) async throws {
    try stage.write(RulesText.hub)
    let first = try stage.start("--rules", "rules.json", "--state", "old.sqlite")
    try await first.says("first start")
    for run in 0..<4 { stage.simulator.move("run_\(run)", to: .failed) }
    try await stage.simulator.inboxCount("hub", atLeast: 4)
    stage.simulator.setAnswers([.status(503, times: nil)], forInbox: "hub")
    for run in 4..<8 { stage.simulator.move("run_\(run)", to: .failed) }
    try await stage.simulator.inboxCount("hub", atLeast: 8)
    first.send(SIGTERM)
    #expect(try await first.end().code == 0)
  }

  private func database() throws -> (server: PostgresServer, name: String, uri: String) {
    let (server, name) = (try PostgresServer.shared.get(), "moved_\(UInt64.random(in: 0...UInt64.max))")
    return (server, name, try server.database(name))
  }

  @Test(.enabled(if: PostgresServer.programs != nil, "apt-get install postgresql"))
  func `a watcher on PostgreSQL goes on with what a file was left with, and tells of no run under another id`()
    async throws
  {
    let (_, _, uri) = try database()
    try await onStage(scenario) { stage in
      try await fill(stage)
      let copied = try await stage.run("state", "copy", "old.sqlite", uri)
      #expect(copied.code == 0, "\(copied.errors)")
      #expect(copied.errors.isEmpty, "no progress where nobody sits before it")
      #expect(
        copied.output.contains("Start the watcher with --state '\(uri.prefix { $0 != "?" })?host="), "\(copied.output)")
      for run in 8..<Self.runCount { stage.simulator.move("run_\(run)", to: .succeeded) }
      stage.simulator.setAnswers([], forInbox: "hub")
      #expect(try await stage.run("deliveries", "replay", "--status", "pending", "--now", "--state", uri).code == 0)
      let second = try await stage.run("--rules", "rules.json", "--state", uri, "--until-done")
      #expect(second.code == 0, "\(second.errors)")
      var ids: [String: Set<String>] = [:]
      for request in stage.simulator.inbox("hub") {
        ids[try #require(request.json[text: "subject"]), default: []].insert(try #require(request.webhookID))
      }
      #expect(ids.count == Self.runCount && ids.values.allSatisfy { $0.count == 1 })
      let rows = try await stage.run("deliveries", "list", "--all", "--state", uri, "--output", "json").rows
      #expect(rows.count == Self.runCount && rows.allSatisfy { $0[text: "status"] == "delivered" })

      // And back, to another file.
      let back = try await stage.run("state", "copy", uri, "new.sqlite", "--output", "json").json
      let again = try await stage.run("state", "copy", "new.sqlite", "newer.sqlite", "--output", "json").json
      #expect(back[text: "tables.deliveries"] == "\(Self.runCount)")
      #expect(back[text: "sha256"] == again[text: "sha256"] && again[text: "to"] == "newer.sqlite")
    }
  }

  @Test(.enabled(if: PostgresServer.programs != nil, "apt-get install postgresql"))
  func `killed in the middle, it leaves a state that is empty and takes the next copy`() async throws {
    let (server, name, uri) = try database()
    try await onStage(scenario) { stage in
      try await fill(stage)
      #expect(try await stage.run("state", "copy", "old.sqlite", uri).code == 0)
      let tables = try server.psql(
        "SELECT string_agg('vi_notify.' || tablename, ', ') FROM pg_tables WHERE schemaname = 'vi_notify' "
          + "AND tablename NOT IN ('migrations', 'leases', 'news', 'members', 'workers')", in: name)
      try server.psql("TRUNCATE \(tables)", in: name)
      // Reading goes on, and so does writing up to there.
      let lock = try server.keep(
        [
          "\(PostgresServer.programs ?? "")/psql", "-X", "-q", "-d", uri, "-c",
          "BEGIN; LOCK TABLE vi_notify.attempts IN SHARE MODE; SELECT pg_sleep(1000)",
        ])
      try waitForLock(server, name, "mode = 'ShareLock' AND granted")
      let killed = try stage.start("state", "copy", "old.sqlite", uri)
      try waitForLock(server, name, "mode = 'RowExclusiveLock' AND NOT granted")
      killed.send(SIGKILL)
      #expect(try await killed.end().status == .killed(by: SIGKILL))
      close(lock)
      try server.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)' AND pid != pg_backend_pid()")
      #expect(try server.psql("SELECT count(*) FROM vi_notify.deliveries", in: name) == "0\n")
      let held = try await stage.run("state", "copy", "old.sqlite", uri)
      #expect(held.code == 75 && held.errors.contains("stop that one first"), "its lease lasts: \(held.errors)")
      try server.psql("UPDATE vi_notify.members SET expires_at = clock_timestamp() - interval '1 min'", in: name)
      let again = try await stage.run("state", "copy", "old.sqlite", uri)
      #expect(again.code == 0, "\(again.errors)")
    }
  }

  private func waitForLock(_ server: PostgresServer, _ name: String, _ condition: String) throws {
    let question = """
      SELECT count(*) FROM pg_locks WHERE \(condition) AND relation = 'vi_notify.attempts'::regclass
      """
    while try server.psql(question, in: name) == "0\n" {}
  }

  @Test func `what can't be copied is said with what to do, and nothing is made`() async throws {
    try await onStage(scenario) { stage in
      let missing = try await stage.run("state", "copy", "a.sqlite", "b.sqlite")
      #expect(
        missing.code == 73 && missing.errors.contains("there is no state at a.sqlite to copy"), "\(missing.errors)")
      #expect(stage.read("b.sqlite") == nil && stage.read("a.sqlite") == nil)
      let same = try await stage.run("state", "copy", "a.sqlite", "a.sqlite")
      #expect(same.code == 64 && same.errors.contains("are the same"), "\(same.errors)")
      try await fill(stage)
      let watcher = try stage.start("--rules", "rules.json", "--state", "old.sqlite")
      try await watcher.says("watching")
      let held = try await stage.run("state", "copy", "old.sqlite", "b.sqlite")
      #expect(held.code == 75, "\(held.errors)")
      #expect(held.errors.contains("held by process \(watcher.processID)") && stage.read("b.sqlite") == nil)
      watcher.send(SIGTERM)
      #expect(try await watcher.end().code == 0)
      #expect(try await stage.run("state", "copy", "old.sqlite", "b.sqlite").code == 0)
      let full = try await stage.run("state", "copy", "old.sqlite", "b.sqlite")
      #expect(full.code == 73 && full.errors.contains("isn't empty"), "\(full.errors)")
    }
  }
}
