import Glibc
import JSONSource
import Simulator
import Testing

/// A sweep of many failed runs is one chat post.
@Suite(.timeLimit(.minutes(6))) struct DigestTests {
  private static let rules = """
    {"version": 1, "watch": {"since": "all"}, "destinations": {"chat": {"type": "slack", "url": "ENDPOINT/inbox/chat"}},
     "rules": [{"name": "all", "actions": [{"send": "chat", "digest": {"window": "1s", "by": ["phase"], "max": 3}}]}]}
    """

  private let scenario = Scenario(
    runs: (0..<500).map { .ended("run_\($0)", .failed) } + [.ended("run_good", .succeeded)])

  @Test func `five hundred failures are one message, and explain finds it`() async throws {
    try await onStage(scenario) { stage in
      try stage.write(Self.rules)
      #expect(try await stage.run("--rules", "rules.json", "--until-done").code == 0)
      let texts = try stage.simulator.inbox("chat").map { try $0.json[text: "text"] ?? "" }
      #expect(texts.count == 2)
      let failures = try #require(texts.first { $0.contains("500 events") })
      #expect(failures.contains("… and 497 more"))
      let entries = try await stage.run("explain", "run_77", "--output", "json").json["timeline"]?.elements ?? []
      #expect(entries.map { $0[text: "kind"] } == ["event", "rule", "delivery", "attempt", "settled"])
    }
  }

  @Test func `a digest that is open when the process is killed is sent by the next one, once`() async throws {
    try await onStage(scenario) { stage in
      try stage.write(Self.rules)
      let first = try stage.start("--rules", "rules.json")
      try await first.says("first start")
      first.send(SIGKILL)
      _ = try await first.end()
      let second = try stage.start("--rules", "rules.json")
      try await stage.simulator.inboxCount("chat", atLeast: 2)
      second.send(SIGTERM)
      #expect(try await second.end().code == 0)
      #expect(stage.simulator.inbox("chat").count == 2)
    }
  }
}
