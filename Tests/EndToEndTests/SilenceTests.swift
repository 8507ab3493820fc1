import JSONSource
import Simulator
import TestSupport
import Testing

/// `silence`, `enabled` and `cooldown` in the real binary.
@Suite(.timeLimit(.minutes(6))) struct SilenceTests {
  private static func rules(_ more: String = "") -> String {
    """
    {"version": 1, "watch": {"interval": "100ms"},
     "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"},
                      "spare": {"type": "webhook", "url": "ENDPOINT/inbox/spare"}},
     "rules": [{"name": "tell", "on": "terminal", \(more) "actions": [
       {"send": "hub", "body": {"run": "{{runId}}", "more": "{{suppressed}}"}}, {"send": "spare"}]}]}
    """
  }

  private func watch(_ stage: Stage) async throws -> End {
    try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
  }

  @Test func `what is silenced isn't sent, is shown with its reason, and is counted afterwards`() async throws {
    try await onStage(Scenario(runs: [])) { stage in
      try stage.write(Self.rules())
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      stage.simulator.add(.ended("run_a"))
      let unknown = try await stage.run("silence", "add", "--for", "1h", "--destination", "hob", "--reason", "x")
      #expect(
        unknown.code == 1 && unknown.errors.contains("there is no destination hob; known: hub"), "\(unknown.errors)")
      #expect(try await stage.run("silence", "add", "--for", "1h", "--reason", "moving it").code == 0)
      let end = try await watch(stage)
      #expect(end.code == 0, "\(end.errors)")
      #expect(stage.simulator.inbox("hub").isEmpty && stage.simulator.inbox("spare").isEmpty)
      let shown = try await stage.run("explain", "run_a")
      #expect(shown.output.contains("not sent to hub by rule tell (actions[0]): silenced until"), "\(shown.output)")
      #expect(shown.output.contains("moving it"))
      let json = try await stage.run("explain", "run_a", "--output", "json").json
      #expect(json["timeline"]?.elements?.count { $0[text: "kind"] == "heldBack" } == 2)

      let list = try await stage.run("silence", "list", "--output", "json").json
      let id = try #require(list.elements?.first?[text: "id"])
      #expect(list.elements?.first?["active"] != nil)
      #expect(try await stage.run("silence", "end", id).code == 0)
      let again = try await stage.run("silence", "end", id)
      #expect(again.code == 1 && again.errors.contains("nothing is silenced"), "\(again.errors)")
      #expect(try await stage.run("silence", "list").errors.contains("nothing is silenced"))
    }
  }

  @Test func `a rule that cools down tells of one run, and the others are known`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a"), .ended("run_b"), .ended("run_c")])) { stage in
      try stage.write(Self.rules(#""cooldown": {"for": "1h"},"#))
      let end = try await watch(stage)
      #expect(end.code == 0, "\(end.errors)")
      #expect(stage.simulator.inbox("hub").count == 1)
      #expect(end.errors.components(of: "message is held back") == 4)
    }
  }

  @Test func `a disabled rule is left alone`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(Self.rules(#""enabled": false,"#))
      #expect(try await watch(stage).code == 0)
      #expect(stage.simulator.inbox("hub").isEmpty)
      #expect(try await stage.run("explain", "run_a").output.contains("the rule is disabled"))
    }
  }

  @Test(arguments: [
    (["--for", "0s", "--reason", "x"], "--for must be between 1s and 365d"), (["--for", "1h"], "--reason"),
    (["--for", "1h", "--reason", " "], "--reason is empty"),
    (["--for", "1h", "--reason", "x", "--match", #"{"flow": "x"}"#], "--match: "),
    (["--for", "1h", "--reason", "x", "--match", "{"], "this is no JSON"),
  ])
  func `a mistake in an option is told`(arguments: [String], told: String) async throws {
    try await onStage(Scenario(runs: [])) { stage in
      let end = try await stage.run(arguments: ["silence", "add"] + arguments)
      #expect(end.code == 64 && end.errors.contains(told), "\(end.errors)")
    }
  }
}

extension String {
  fileprivate func components(of text: String) -> Int {
    split(separator: text, omittingEmptySubsequences: false).count - 1
  }
}
