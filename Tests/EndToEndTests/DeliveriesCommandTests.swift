import JSONSource
import Simulator
import Testing

/// `deliveries list` and `deliveries show`: the outbox and its dead letters.
@Suite(.timeLimit(.minutes(6))) struct DeliveriesCommandTests {
  private static let rules = """
    {"version": 1, "watch": {"since": "all"},
     "destinations": {
       "hub":  {"type": "webhook", "url": "ENDPOINT/inbox/hub"},
       "gone": {"type": "webhook", "url": "ENDPOINT/inbox/gone"},
       "busy": {"type": "slack", "url": "ENDPOINT/inbox/busy"}},
     "rules": [
       {"name": "tell", "on": "succeeded", "actions": [{"send": "hub"}]},
       {"name": "warn", "on": "failed",
        "actions": [{"send": "gone"}, {"send": "busy", "text": "{{flow}}"}, {"shell": "echo tried; exit 3"}]}]}
    """

  /// One is delivered, two are dead, one waits.
  private func onFilledStage(_ body: (Stage) async throws -> Void) async throws {
    let scenario = Scenario(
      runs: [.ended("run_good"), .ended("run_bad", .failed)],
      inbox: ["gone": [.status(410, body: "no more, please")], "busy": [.status(500, body: "try later")]])
    try await onStage(scenario) { stage in
      try stage.write(Self.rules)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 1)
      try await body(stage)
    }
  }

  private func list(_ stage: Stage, _ filter: String...) async throws -> [JSONNode] {
    let end = try await stage.run(arguments: ["deliveries", "list", "--output", "json"] + filter)
    #expect(end.code == 0, "\(end.errors)")
    return try end.rows
  }

  @Test func `list tells of every delivery, with the reason where one is not delivered`() async throws {
    try await onFilledStage { stage in
      let rows = try await list(stage)
      #expect(rows.count == 4)
      let members = [
        "id", "eventId", "runId", "rule", "action", "destination", "status", "attempts", "nextAttemptAt", "createdAt",
        "settledAt", "reason", "waitsFor",
      ]
      for row in rows { #expect(row.members?.map(\.key) == members) }
      func row(_ destination: String) -> JSONNode? { rows.first { $0[text: "destination"] == destination } }
      #expect(row("hub")?[text: "status"] == "delivered")
      #expect(row("hub")?[text: "id"] == stage.simulator.inbox("hub").first?.webhookID)
      #expect(row("gone")?[text: "status"] == "dead")
      #expect(row("gone")?[text: "reason"]?.contains("410") == true)
      #expect(row("hook")?[text: "status"] == "dead")
      #expect(row("hook")?[text: "reason"]?.contains("exited with 3") == true)
      #expect(row("busy")?[text: "status"] == "pending")
      #expect(row("busy")?[text: "reason"]?.contains("500") == true)
      #expect(row("busy")?["settledAt"]?.isNull == true)
      #expect(row("busy")?["nextAttemptAt"]?.string != nil)
    }
  }

  @Test func `under the table stands which destination is stopped, held or failing, and under JSON nothing`()
    async throws
  {
    try await onFilledStage { stage in
      let lines = try await stage.run("deliveries", "list").output.split(separator: "\n").map(String.init)
      let last = try #require(lines.last)
      #expect(last.hasPrefix("gone: stopped since 2"))
      #expect(last.contains(": answered 410, next probe 2"))
      #expect(last.hasSuffix("Z; replay --now probes it at once"))
      #expect(lines.filter { $0.hasPrefix("hub:") || $0.hasPrefix("busy:") }.isEmpty)
      #expect(try await stage.run("deliveries", "list", "--output", "json").rows.count == 4)
    }
  }

  @Test func `a pause that was asked for and a circuit that is open are told with their times`() async throws {
    let scenario = Scenario(
      runs: (1...6).map { .ended("run_\($0)", .failed) },
      inbox: [
        "gone": [.status(429, headers: ["Retry-After": "3600"], times: nil)], "busy": [.status(500, times: nil)],
        "hub": [.status(500, times: nil)],
      ])
    try await onStage(scenario) { stage in
      try stage.write(Self.rules.replacing("\"on\": \"succeeded\"", with: "\"on\": \"failed\""))
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 1)
      let lines = try await stage.run("deliveries", "list").output.split(separator: "\n").map(String.init)
      #expect(
        lines.contains {
          $0.hasPrefix("gone: held until 2") && $0.hasSuffix("Z at its request; replay --now probes it at once")
        })
      #expect(lines.contains { $0.hasPrefix("hub: failing, 5 in a row, next probe 2") })
    }
  }

  @Test func `list takes a status, a run and a rule`() async throws {
    try await onFilledStage { stage in
      #expect(try await list(stage, "--status", "dead").map { $0[text: "destination"] } == ["gone", "hook"])
      #expect(try await list(stage, "--status", "pending").map { $0[text: "destination"] } == ["busy"])
      #expect(try await list(stage, "--run", "run_good").map { $0[text: "destination"] } == ["hub"])
      #expect(try await list(stage, "--rule", "warn").count == 3)
      #expect(try await list(stage, "--rule", "warn", "--status", "delivered").isEmpty)
      let table = try await stage.run("deliveries", "list", "--status", "dead")
      let lines = table.output.split(separator: "\n")
      // The last tells that one of the destinations has stopped.
      #expect(lines.count == 4)
      #expect(lines.first?.hasPrefix("DELIVERY") == true)
      #expect(lines.contains { $0.contains("run_bad") && $0.contains("gone") && $0.contains("410") })
    }
  }

  @Test func `show tells what a delivery carries and what each attempt came to`() async throws {
    try await onFilledStage { stage in
      let id = try #require(try await list(stage, "--status", "dead").first?[text: "id"])
      let show = try await stage.run("deliveries", "show", id, "--output", "json")
      #expect(show.code == 0)
      let json = try show.json
      #expect(json[text: "id"] == id)
      let attempts = try #require(json["attemptLog"]?.elements)
      #expect(attempts.map { $0[text: "code"] } == ["410"])
      #expect(attempts.first?[text: "output"] == "no more, please")
      #expect(json[text: "request.body.data.runId"] == "run_bad")
      #expect(json["request"]?["headers"]?["webhook-id"]?.string == id)
      let text = try await stage.run("deliveries", "show", id)
      #expect(text.code == 0)
      for word in [id, "dead", "run_bad", "gone", "410", "no more, please"] {
        #expect(text.output.contains(word), "\(text.output)")
      }
    }
  }

  @Test func `show tells a hook's command and what it wrote`() async throws {
    try await onFilledStage { stage in
      let hook = try #require(try await list(stage).first { $0[text: "destination"] == "hook" }?[text: "id"])
      let json = try await stage.run("deliveries", "show", hook, "--output", "json").json
      #expect(json[text: "command.shell"] == "echo tried; exit 3")
      #expect(json["attemptLog"]?.elements?.first?[text: "output"] == "tried\n")
      let unknown = try await stage.run("deliveries", "show", "msg_nope")
      #expect(unknown.code == 1)
      #expect(unknown.errors.contains("msg_nope"))
    }
  }

  @Test func `both work beside a running watcher`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      #expect(try await list(stage).isEmpty)
      stage.simulator.move("run_a", to: .succeeded)
      try await watch.says("delivered")
      #expect(try await list(stage, "--status", "delivered").count == 1)
      watch.send(15)
      #expect(try await watch.end().code == 0)
    }
  }

  @Test func `without a state they say so and make none`() async throws {
    try await onStage { stage in
      let end = try await stage.run("deliveries", "list", "--state", "none.sqlite")
      #expect(end.code == 73)
      #expect(end.errors.contains("none.sqlite"))
      #expect(stage.read("none.sqlite") == nil)
    }
  }
}
