import JSONSource
import Simulator
import TestSupport
import Testing

/// Metrics and logs in messages, in the real binary.
@Suite(.timeLimit(.minutes(6))) struct IncludeTests {
  private static let rules = #"""
    {"version": 1, "watch": {"interval": "100ms"},
     "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}},
     "rules": [{"name": "tell", "on": "succeeded", "actions": [
       {"send": "hub", "include": ["metrics", "logs"], "id": "m",
        "body": {"loss": "{{metrics.loss}}", "table": "{{metricsText}}", "log": "{{logs}}"}},
       {"send": "hub", "include": ["logs"], "body": {"log": "{{logs}}"}},
       {"send": "hub", "include": ["metrics"], "when": {"metrics": {"loss": [{"numeric": [">", 5]}]}}, "body": "high"}]}]}
    """#

  @Test func `a message carries what the API has beside the run, and each is asked for once`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(Self.rules)
      let end = try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
      #expect(end.code == 0, "\(end.errors)")
      let told = try stage.simulator.inbox("hub").map { try $0.json }
      #expect(told.count == 2, "the third action's condition doesn't hold")
      let whole = try #require(told.first { $0["table"] != nil })
      #expect(whole["loss"]?.number?.hasPrefix("0.") == true)
      #expect(whole[text: "table"]?.contains("loss 0.") == true)
      #expect(told.allSatisfy { $0[text: "log"]?.isEmpty == false })
      #expect(stage.simulator.requestCount(.logs) == 1)
      #expect(stage.simulator.requestCount(.outputs) == 1)
      let shown = try await stage.run("explain", "run_a")
      #expect(shown.output.contains("include"), "\(shown.output)")
    }
  }

  @Test func `a log is shown as the API has it, without what could command a terminal`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      let log = try await stage.run("runs", "logs", "run_a")
      #expect(log.code == 0, "\(log.errors)")
      #expect(log.output.split(separator: "\n").count > 1)
      let last = try await stage.run("runs", "logs", "run_a", "--tail", "1")
      #expect(last.output == log.output.split(separator: "\n").last.map { "\($0)\n" })
      #expect(try await stage.run("runs", "logs", "run_a", "--output", "json").json["items"] != nil)
      #expect(try await stage.run("runs", "logs", "run_nowhere").code == 1)
    }
  }
}
