import Glibc
import JSONSource
import Simulator
import Testing

/// `explain` and `deliveries replay`: were we told, when, by whom, and if not, why not; and then once more.
@Suite(.timeLimit(.minutes(6))) struct ExplainTests {
  private static let rules = """
    {"version": 1, "watch": {"since": "all"},
     "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}},
     "rules": [
       {"name": "tell", "on": "failed", "actions": [{"send": "hub"}]},
       {"name": "prod-only", "on": "failed", "match": {"flow": [{"prefix": "prod-"}]}, "actions": [{"send": "hub"}]},
       {"name": "good-news", "on": "succeeded", "actions": [{"send": "hub"}]}]}
    """

  private func onToldStage(_ answers: [ScriptedAnswer] = [], _ body: (Stage) async throws -> Void) async throws {
    let scenario = Scenario(runs: [.ended("run_bad", .failed)], inbox: ["hub": answers])
    try await onStage(scenario) { stage in
      try stage.write(Self.rules)
      let code = try await stage.run("--rules", "rules.json", "--once").code
      #expect([0, 1, 75].contains(code))
      try await body(stage)
    }
  }

  @Test func `explain says which rule fired, why the others did not, and what became of it`() async throws {
    try await onToldStage([.status(500, body: "later")]) { stage in
      // The rules of today are others; those that decided are still known.
      try stage.write(#"{"version": 1, "rules": [{"name": "new", "actions": [{"shell": "true"}]}]}"#)
      let end = try await stage.run("explain", "run_bad", "--output", "json")
      #expect(end.code == 0, "\(end.errors)")
      let root = try end.json
      #expect(root[text: "runId"] == "run_bad")
      let entries = root["timeline"]?.elements ?? []
      #expect(entries.map { $0[text: "kind"] } == ["event", "rule", "rule", "rule", "delivery", "attempt", "waiting"])
      let verdicts = entries.filter { $0[text: "kind"] == "rule" }
      #expect(verdicts.map { $0[text: "rule"] } == ["tell", "prod-only", "good-news"])
      #expect(verdicts[1][text: "reason"]?.contains("prod-") == true)
      #expect(entries.dropLast().last?[text: "outcome"] == "serverError")
      #expect(entries.last?[text: "waitsFor"]?.hasPrefix("failing, next probe 2") == true)
      let text = try await stage.run("explain", "run_bad").output
      #expect(text.contains("✓ rule tell") && text.contains("✗ rule prod-only") && text.contains("attempt 1 to hub"))
    }
  }

  @Test func `explain of a run that nobody saw says so`() async throws {
    try await onToldStage { stage in
      let end = try await stage.run("explain", "run_none")
      #expect(end.code == 1)
      #expect(end.errors.contains("run run_none is unknown"))
    }
  }

  @Test func `a dead letter is sent again under its id, and explain tells of it`() async throws {
    try await onToldStage([.status(400, body: "no")]) { stage in
      let dead = try await stage.run("deliveries", "list", "--status", "dead", "--output", "json").rows
      let id = try #require(dead.first?[text: "id"])
      let dry = try await stage.run("deliveries", "replay", "--status", "dead", "--dry-run")
      #expect((dry.code, dry.output) == (0, "\(id)\n"))
      #expect(try await stage.run("deliveries", "list", "--status", "dead", "--output", "json").rows.count == 1)
      #expect(try await stage.run("deliveries", "replay", id).code == 0)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      let arrivals = stage.simulator.inbox("hub")
      #expect(arrivals.map(\.webhookID) == [id, id])
      #expect(try await stage.run("deliveries", "list", "--status", "dead", "--output", "json").rows.isEmpty)
      let entries = try await stage.run("explain", "run_bad", "--output", "json").json["timeline"]?.elements ?? []
      #expect(entries.map { $0[text: "kind"] }.suffix(4) == ["attempt", "replay", "attempt", "settled"])
    }
  }

  @Test func `what can't be sent again is told, and nothing is chosen by chance`() async throws {
    try await onToldStage { stage in
      let unknown = try await stage.run("deliveries", "replay", "msg_none")
      #expect((unknown.code, unknown.errors.contains("msg_none")) == (1, true))
      #expect(try await stage.run("deliveries", "replay").code == 64)
      let none = try await stage.run("deliveries", "replay", "--destination", "hook", "--output", "json")
      #expect((none.code, none.output) == (0, "[]\n"))
      let other = try await stage.run("deliveries", "replay", "--destination", "other")
      #expect((other.code, other.errors.contains("there is no destination other; known: hub")) == (1, true))
      #expect(stage.simulator.inbox("hub").count == 1)
    }
  }

  @Test func `one that still waits is sent now by the watcher that runs, when somebody asks for it by its id`()
    async throws
  {
    let scenario = Scenario(runs: [.ended("run_bad", .failed)], inbox: ["hub": [.status(500, times: 5)]])
    try await onStage(scenario) { stage in
      try stage.write(Self.rules)
      let watch = try stage.start("--rules", "rules.json", "--since", "all")
      try await watch.says("it will be repeated")
      func row() async throws -> JSONNode? {
        try await stage.run("deliveries", "list", "--output", "json").json.elements?.first
      }
      let id = try #require(try await row()?[text: "id"])
      for count in 2...5 {
        // The end of the last attempt is written down, or it would put off what is asked for now.
        while try await row()?["attempts"]?.integer ?? 0 < count - 1 {}
        let replay = try await stage.run("deliveries", "replay", String(id.prefix(20)), "--now")
        #expect(replay.code == 0)
        #expect(replay.errors.contains("it is due now, and its destination probed at once"), "\(replay.errors)")
        try await stage.simulator.inboxCount("hub", atLeast: count)
      }
      while try await row()?["attempts"]?.integer ?? 0 < 5 {}
      let dry = try await stage.run("deliveries", "replay", id, "--now", "--dry-run")
      #expect(dry.errors.contains("would be due now"))
      #expect(try await stage.run("deliveries", "replay", id, "--now").code == 0)
      try await stage.simulator.inboxCount("hub", atLeast: 6)
      watch.send(15)
      #expect(try await watch.end().code == 0)
    }
  }

  @Test func `a delivery that is replayed beside a running watcher is sent by it`() async throws {
    try await onToldStage { stage in
      let id = try #require(stage.simulator.inbox("hub").first?.webhookID)
      let watcher = try stage.start("--rules", "rules.json")
      try await watcher.says("watching")
      #expect(try await stage.run("deliveries", "replay", "--run", "run_bad").code == 0)
      try await stage.simulator.inboxCount("hub", atLeast: 2)
      #expect(stage.simulator.inbox("hub").map(\.webhookID) == [id, id])
      watcher.send(SIGTERM)
      #expect(try await watcher.end().code == 0)
    }
  }
}
