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

  @Test func `replay says that a digest still collects, and with --now it is sent as it is`() async throws {
    try await onStage(scenario) { stage in
      try stage.write(Self.rules.replacing(#""window": "1s""#, with: #""window": "1h""#))
      let watch = try stage.start("--rules", "rules.json", "--state", "here.sqlite")
      try await watch.says("first start")
      let state = ["--state", "here.sqlite"]
      let list = try await stage.run(arguments: ["deliveries", "list", "--output", "json"] + state).rows
      let ids = list.compactMap { $0[text: "id"] }
      #expect(ids.count == 2 && ids.allSatisfy { $0.hasPrefix("dig_") })
      let asked = try await stage.run(arguments: ["deliveries", "replay", ids[0]] + state)
      #expect(asked.code == 1 && asked.errors.contains("still waits for") && asked.errors.contains("--now"))
      #expect(stage.simulator.inbox("chat").isEmpty)
      // A beginning is enough, as for every id.
      let one = try await stage.run(arguments: ["deliveries", "replay", String(ids[0].prefix(12)), "--now"] + state)
      #expect(one.code == 0 && one.output == ids[0] + "\n", "\(one.errors)")
      try await stage.simulator.inboxCount("chat", atLeast: 1)
      let rest = try await stage.run(arguments: ["deliveries", "replay", "--destination", "chat", "--now"] + state)
      #expect(rest.code == 0 && rest.output == ids[1] + "\n", "\(rest.errors)")
      try await stage.simulator.inboxCount("chat", atLeast: 2)
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      #expect(stage.simulator.inbox("chat").count == 2)
    }
  }
}
