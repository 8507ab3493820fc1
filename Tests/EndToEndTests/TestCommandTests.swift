import JSONSource
import Simulator
import Testing

/// `test`: what rules say to one run, offline, and as a unit test for rules.
@Suite(.timeLimit(.minutes(6))) struct TestCommandTests {
  private static let rules = """
    {"version": 1, "source": {"secretKey": "${env:DATATURE_VI_SECRET_KEY}"},
     "destinations": {
       "chat": {"type": "slack", "url": "https://hooks.example/services/${env:CHAT_TOKEN}"},
       "hub": {"type": "webhook", "url": "https://x.example/in", "secret": "${env:SIGNING}",
         "headers": {"Authorization": "Bearer ${env:HUB_TOKEN}"}}},
     "rules": [
       {"name": "tell-chat", "on": ["failed", "error"], "actions": [
         {"send": "chat", "text": "{{flow}} failed: {{message}}"}, {"send": "hub", "id": "hub", "body": {"s": "{{durationSeconds}}"}}]},
       {"name": "promote", "on": "succeeded", "actions": [{"shell": "true"}]},
       {"name": "released", "match": {"attributes": {"stage": ["release"]}}, "actions": [{"shell": "true"}]},
       {"name": "hook", "match": {"flow": [{"prefix": "det"}]}, "actions": [
         {"run": ["./x", "{{runId}}"], "env": {"TOKEN": "${env:HUB_TOKEN}"}, "timeout": "5s"}]}]}
    """
  private static let secrets = [
    "CHAT_TOKEN": "T0000/B0000/chatchatchatchat", "HUB_TOKEN": "hub-token-of-a-test",
    "SIGNING": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  ]

  private func onTrial(_ body: (Stage) async throws -> Void) async throws {
    let run = ScriptedRun.ended("run_a", .failed, reason: "OutOfMemory", message: "a \"quoted\" <b>\nsecond line")
    try await onStage(Scenario(runs: [run]), environment: Self.secrets) { stage in
      try stage.write(Self.rules)
      let got = try await stage.run("runs", "get", "run_a", "--output", "json")
      #expect(got.code == 0, "\(got.errors)")
      try stage.write(got.output, to: "run.json")
      let requests = stage.simulator.requestCount()
      try await body(stage)
      #expect(stage.simulator.requestCount() == requests, "test is offline")
      #expect(try stage.files().sorted() == ["rules.json", "run.json"], "test leaves nothing behind")
    }
  }

  @Test func `rules that fire and the reasons of the others are told in words`() async throws {
    try await onTrial { stage in
      let end = try await stage.run("test", "rules.json", "--run", "run.json")
      #expect(end.code == 0, "\(end.errors)")
      let lines = end.output.split(separator: "\n").prefix(4)
      #expect(
        Array(lines) == [
          "✓ tell-chat: phase is failed", "✗ promote: phase is failed, the rule wants succeeded",
          "✗ released: attributes.stage is absent", "✓ hook: phase is failed, and all of match holds",
        ])
    }
  }

  @Test func `the exact requests and commands are shown, without a secret`() async throws {
    try await onTrial { stage in
      let end = try await stage.run("test", "rules.json", "--run", "run.json")
      #expect(end.output.contains("POST https://hooks.example•••"), "\(end.output)")
      #expect(end.output.contains("Authorization: Bearer •••"))
      #expect(end.output.contains("webhook-signature: v1,"))
      #expect(end.output.contains(#"detector failed: a \"quoted\" &lt;b&gt;\nsecond line"#))
      #expect(end.output.contains(#"["./x","run_a"]"#))
      for secret in Self.secrets.values { #expect(!end.output.contains(secret)) }
    }
  }

  @Test func `as JSON it has the shape that scripts rely on`() async throws {
    try await onTrial { stage in
      let end = try await stage.run("test", "rules.json", "--run", "run.json", "--output", "json")
      #expect(end.code == 0 && end.errors.isEmpty, "\(end.errors)")
      let json = try end.json
      #expect(json.members?.map(\.key) == ["fired", "rules", "deliveries"])
      #expect(json["fired"]?.elements?.map(\.string) == ["tell-chat", "hook"])
      let rules = try #require(json["rules"]?.elements)
      #expect(rules.map { $0[text: "name"] } == ["tell-chat", "promote", "released", "hook"])
      #expect(rules.map { $0["fired"]?.bool } == [true, false, false, true])
      #expect(rules.allSatisfy { $0[text: "reason"] != nil })
      let deliveries = try #require(json["deliveries"]?.elements)
      #expect(deliveries.map { $0[text: "rule"] } == ["tell-chat", "tell-chat", "hook"])
      #expect(deliveries.map { $0[text: "action"] } == ["actions[0]", "hub", "actions[0]"])
      #expect(deliveries.map { $0[text: "destination"] } == ["chat", "hub", "hook"])
      try expectRequests(deliveries)
      for secret in Self.secrets.values { #expect(!end.output.contains(secret)) }
    }
  }

  private func expectRequests(_ deliveries: [JSONNode]) throws {
    #expect(deliveries.map { $0["request"] == nil } == [false, false, true])
    #expect(deliveries.map { $0["command"] == nil } == [true, true, false])
    #expect(deliveries[0][text: "request.url"] == "https://hooks.example•••")
    #expect(deliveries[0][text: "request.body.text"] == "detector failed: a \"quoted\" &lt;b&gt;\nsecond line")
    #expect(deliveries[1][text: "request.method"] == "POST")
    #expect(deliveries[1][text: "request.headers.Authorization"] == "Bearer •••")
    #expect(deliveries[1][text: "request.headers.webhook-id"]?.hasPrefix("msg_") == true)
    #expect(deliveries[1][text: "request.body.s"] == "30")
    let command = try #require(deliveries[2]["command"])
    #expect(command["run"]?.elements?.map(\.string) == ["./x", "run_a"])
  }

  @Test(arguments: [
    (["--expect", "tell-chat"], 0, ""), (["--expect", "tell-chat", "--expect", "hook"], 0, ""),
    (["--expect", "promote"], 1, "expected \"promote\" to fire: phase is failed, the rule wants succeeded"),
    (["--expect", "hook", "--expect", "released"], 1, "expected \"released\" to fire: attributes.stage is absent"),
    (["--expect-none"], 1, "expected no rule to fire, but did: tell-chat, hook"),
    (["--expect", "tell-chta"], 1, "no such rule exists; did you mean \"tell-chat\"?"),
    (["--expect", "hook", "--expect-none"], 64, "contradict each other"),
  ])
  func `expectations decide the exit status`(_ options: [String], _ code: Int, _ said: String) async throws {
    try await onTrial { stage in
      let end = try await stage.run(arguments: ["test", "rules.json", "--run", "run.json"] + options)
      #expect(end.code == code, "\(end.errors)")
      #expect(end.errors.contains(said), "\(end.errors)")
    }
  }

  @Test func `that no rule fires can be expected`() async throws {
    try await onTrial { stage in
      try stage.write(#"{"version": 1, "rules": [{"name": "r", "on": "pending", "actions": [{"shell": "x"}]}]}"#)
      let end = try await stage.run("test", "rules.json", "--run", "run.json", "--expect-none")
      #expect(end.code == 0, "\(end.errors)")
      #expect(end.output == "✗ r: phase is failed, the rule wants pending\n")
    }
  }

  @Test(arguments: [
    "", "{", "[]", "null", "{\"runId\": 7}", "{\"runId\": \"run_a\"}", "[{\"runId\": \"run_a\"}]", "\u{0}",
  ])
  func `what is no run document is unreadable data`(_ text: String) async throws {
    try await onTrial { stage in
      try stage.write(text, to: "run.json")
      let end = try await stage.run("test", "rules.json", "--run", "run.json", "--expect-none")
      #expect(end.code == 65, "\(end.errors)")
      #expect(end.errors.contains("run.json") && end.errors.contains("vi-notify runs get ID"), "\(end.errors)")
      #expect(end.output.isEmpty)
    }
  }

  @Test func `a run that is not there and rules with mistakes are told apart`() async throws {
    try await onTrial { stage in
      #expect(try await stage.run("test", "rules.json", "--run", "nothing.json").code == 65)
      #expect(try await stage.run("test", "nothing.json", "--run", "run.json").code == 78)
      let unresolved = try await stage.run(
        arguments: ["test", "rules.json", "--run", "run.json"], without: ["HUB_TOKEN"])
      #expect(unresolved.code == 78)
      #expect(unresolved.errors.contains("HUB_TOKEN is not set"))
    }
  }

  @Test(arguments: ["pending", "running", "succeeded", "failed", "error", "cancelled"])
  func `a made-up run stands in for one that there isn't`(_ phase: String) async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub.replacing("\"ends\",", with: "\"ends\", \"on\": \"\(phase)\","))
      let end = try await stage.run("test", "rules.json", "--sample", phase, "--expect", "ends", "--output", "json")
      #expect(end.code == 0, "\(end.errors)")
      let request = try end.json["deliveries"]?.elements?.first?["request"]
      #expect(request?["body"]?["data"]?["phase"]?.string == phase)
      #expect(try await stage.run("test", "rules.json", "--sample", phase, "--run", "run.json").code == 64)
    }
  }
}
