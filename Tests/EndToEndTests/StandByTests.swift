import Glibc
import JSONSource
import Simulator
import TestSupport
import Testing

/// Several processes on one PostgreSQL: one watches, others stand by.
@Suite(
  .enabled(if: PostgresServer.programs != nil, "apt-get install postgresql"), .timeLimit(.minutes(6))
) struct StandByTests {
  private static let rules = """
    {"version": 1, "watch": {"interval": "100ms"},
     "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub", "concurrency": 8,
                              "headers": {"X-Life": "${env:LIFE}"}}},
     "rules": [{"name": "ends", "actions": [{"send": "hub"}]}]}
    """
  private static let isWaiting = "working beside others with this state"
  private static let takesOver = "nobody else watches with this state any more: taking over"

  private func start(_ stage: Stage, _ state: String, life: String) throws -> RunningBinary {
    try stage.start("watch", "--rules", "rules.json", "--state", state, with: ["LIFE": life])
  }

  private func end(_ runs: Range<Int>, on stage: Stage) {
    for run in runs { stage.simulator.move("run_\(run)", to: .failed) }
  }

  /// How many requests each process has sent.
  private func sent(_ stage: Stage) -> [String: Int] {
    stage.simulator.inbox("hub").reduce(into: [:]) { $0[$1.headers["x-life"] ?? "", default: 0] += 1 }
  }

  @Test
  func `stopped or killed, the watcher is followed by another, with nothing missed and nothing under a second id`()
    async throws
  {
    let server = try PostgresServer.shared.get()
    let state = try server.database("standby_\(UInt64.random(in: 0...UInt64.max))")
    let scenario = Scenario(runs: (0..<40).map { ScriptedRun.running("run_\($0)") })
    try await onStage(scenario) { stage in
      try stage.write(Self.rules)
      let first = try start(stage, state, life: "first")
      try await first.says("first start")
      end(0..<10, on: stage)
      try await stage.simulator.inboxCount("hub", atLeast: 10)
      let held = try await stage.run(
        "watch", "--rules", "rules.json", "--state", state, "--once", with: ["LIFE": "once"])
      #expect(held.code == 75, "\(held.errors)")
      #expect(held.errors.contains("\(first.processID) on "), "\(held.errors)")
      let second = try start(stage, state, life: "second")
      try await second.says(Self.isWaiting)
      let third = try start(stage, state, life: "third")
      try await third.says(Self.isWaiting)

      // It stands still for longer than its lease.
      first.send(SIGSTOP)
      end(10..<20, on: stage)
      await either(second, third, says: Self.takesOver)
      try await stage.simulator.inboxCount("hub", atLeast: 20)
      let before = sent(stage)["first"]
      first.send(SIGCONT)
      let lost = try await first.end()
      #expect(lost.code == 75, "\(lost.errors)")
      #expect(lost.errors.contains("has taken over the state"), "\(lost.errors)")
      #expect(sent(stage)["first"] == before)

      // Its follower is killed while it has things to do.
      let isSecond = second.errors.contains(Self.takesOver)
      let (follower, last) = isSecond ? (second, third) : (third, second)
      #expect(!last.errors.contains(Self.takesOver))
      end(20..<40, on: stage)
      try await stage.simulator.inboxCount("hub", atLeast: 22)
      follower.send(SIGKILL)
      try await last.says(Self.takesOver)
      try await stage.simulator.inboxCount("hub", atLeast: 40)
      let status = try await stage.run("status", "--state", state)
      #expect(status.output.contains("process \(last.processID)"), "\(status.output)")
      last.send(SIGTERM)
      #expect(try await last.end().code == 0)
      let end = try await stage.run(
        "watch", "--rules", "rules.json", "--state", state, "--until-done", with: ["LIFE": "end"])
      #expect(end.code == 0, "\(end.errors)")
      try await expectOneIDPerRun(stage, state)
    }
  }

  @Test func `who stands by ends in peace when told to, and who comes after a watcher that has ended needn't wait`()
    async throws
  {
    let server = try PostgresServer.shared.get()
    let state = try server.database("peace_\(UInt64.random(in: 0...UInt64.max))")
    try await onStage(Scenario(runs: [.running("run_0")])) { stage in
      try stage.write(Self.rules)
      let first = try start(stage, state, life: "first")
      try await first.says("first start")
      let second = try start(stage, state, life: "second")
      try await second.says(Self.isWaiting)
      let third = try start(stage, state, life: "third")
      try await third.says(Self.isWaiting)
      second.send(SIGTERM)
      #expect(try await second.end().code == 0)
      first.send(SIGTERM)
      #expect(try await first.end().code == 0)
      // At once, and not when a lease is over.
      try await third.says(Self.takesOver)
      end(0..<1, on: stage)
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      third.send(SIGTERM)
      #expect(try await third.end().code == 0)
    }
  }

  private func either(_ left: RunningBinary, _ right: RunningBinary, says text: String) async {
    // Not in a group: whoever waits for a process kills it when he is cancelled.
    let (heard, continuation) = AsyncStream.makeStream(of: Void.self)
    for process in [left, right] {
      Task {
        try await process.says(text)
        continuation.yield()
      }
    }
    for await _ in heard { break }
  }

  private func expectOneIDPerRun(_ stage: Stage, _ state: String) async throws {
    var ids: [String: Set<String>] = [:]
    for request in stage.simulator.inbox("hub") {
      let run = try #require(request.json[text: "subject"])
      ids[run, default: []].insert(try #require(request.webhookID))
    }
    #expect(ids.count == 40)
    #expect(ids.values.allSatisfy { $0.count == 1 })
    let rows = try await stage.run("deliveries", "list", "--all", "--state", state, "--output", "json").rows
    #expect(rows.count == 40)
    #expect(rows.allSatisfy { $0[text: "status"] == "delivered" })
  }
}
