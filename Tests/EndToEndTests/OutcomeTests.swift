import JSONSource
import Simulator
import Testing

/// Every delivery ends as delivered, or as a dead letter with a reason.
@Suite(.timeLimit(.minutes(6))) struct OutcomeTests {
  private func rows(_ stage: Stage) async throws -> [JSONNode] {
    try await stage.run("deliveries", "list", "--output", "json").rows
  }

  @Test(arguments: [
    (200, "delivered"), (204, "delivered"), (301, "dead"), (307, "dead"), (400, "dead"), (401, "dead"), (403, "dead"),
    (404, "dead"), (410, "dead"), (408, "pending"), (425, "pending"), (429, "pending"), (500, "pending"),
    (502, "pending"), (503, "pending"),
  ])
  func `what an endpoint answers decides, and redirects are not followed`(_ status: Int, _ expected: String)
    async throws
  {
    let answer = ScriptedAnswer.status(status, headers: ["Location": "/inbox/elsewhere"])
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: ["hub": [answer]])) { stage in
      try stage.write(RulesText.hub)
      let code = try await stage.run("--rules", "rules.json", "--once", "--since", "all").code
      #expect(code == (expected == "dead" ? 1 : expected == "pending" ? 75 : 0))
      let row = try #require(try await rows(stage).first)
      #expect(row[text: "status"] == expected)
      #expect(row[text: "reason"]?.contains("\(status)") ?? true)
      #expect((row[text: "reason"] == nil) == (expected == "delivered"))
      #expect(stage.simulator.inbox("hub").count == 1)
      #expect(stage.simulator.inbox("elsewhere").isEmpty)
    }
  }

  @Test(arguments: [ScriptedAnswer(.hang), ScriptedAnswer(.reset, times: 2)])
  func `an endpoint that gives no answer is tried again`(_ answer: ScriptedAnswer) async throws {
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: ["hub": [answer]])) { stage in
      try stage.write(RulesText.hub.replacing("/hub\"", with: "/hub\", \"timeout\": \"500ms\""))
      #expect(try await stage.run("--rules", "rules.json", "--once", "--since", "all").code == 75)
      let row = try #require(try await rows(stage).first)
      #expect(row[text: "status"] == "pending")
      #expect(row[text: "attempts"] == "1")
      #expect(try await stage.run("--rules", "rules.json", "--until-done").code == 0)
      #expect(Set(stage.simulator.inbox("hub").map(\.webhookID)).count == 1)
    }
  }

  @Test func `what can't be delivered in its time becomes a dead letter with its reason`() async throws {
    let inbox = ["hub": [ScriptedAnswer.status(500, times: nil)]]
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: inbox)) { stage in
      try stage.write(RulesText.hub.replacing("/hub\"", with: "/hub\", \"retryFor\": \"1s\""))
      #expect(try await stage.run("--rules", "rules.json", "--until-done", "--since", "all").code == 1)
      let row = try #require(try await rows(stage).first)
      #expect(row[text: "status"] == "dead")
      #expect(row[text: "reason"]?.contains("given up after 1s") == true)
    }
  }

  @Test func `Retry-After is waited for, and a slow destination delays only itself`() async throws {
    let inbox = ["hub": [ScriptedAnswer.status(429, headers: ["Retry-After": "8"])]]
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: inbox)) { stage in
      try stage.write(
        """
        {"version": 1, "watch": {"since": "all"},
         "destinations": {"hub":  {"type": "webhook", "url": "ENDPOINT/inbox/hub"},
                          "calm": {"type": "webhook", "url": "ENDPOINT/inbox/calm"}},
         "rules": [{"name": "ends", "actions": [{"send": "hub"}, {"send": "calm"}]}]}
        """)
      #expect(try await stage.run("--rules", "rules.json", "--until-done").code == 0)
      let times = stage.simulator.inbox("hub").map(\.time)
      #expect(times.count == 2)
      // 5 s at most would it have waited by itself, and a fifth more.
      #expect((times.last ?? 0) - (times.first ?? 0) >= 7_500)
      let calm = try #require(stage.simulator.inbox("calm").first)
      #expect(calm.time < times.last ?? 0)
    }
  }

  @Test func `two signing secrets make two signatures`() async throws {
    let keys = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2lnbmluZy1zZWNyZXQtb2YtdGhlLWh1Yi0x"]
    try await onStage(Scenario(runs: [.ended("run_a")]), environment: ["OLD": keys[0], "NEW": keys[1]]) { stage in
      try stage.write(RulesText.hub.replacing("/hub\"", with: "/hub\", \"secret\": [\"${env:NEW}\", \"${env:OLD}\"]"))
      #expect(try await stage.run("--rules", "rules.json", "--once", "--since", "all").code == 0)
      let signatures = stage.simulator.inbox("hub").first?.headers["webhook-signature"]?.split(separator: " ") ?? []
      #expect(signatures.count == 2)
      #expect(signatures.allSatisfy { $0.hasPrefix("v1,") })
      #expect(Set(signatures).count == 2)
    }
  }
}
