import JSONSource
import Simulator
import Testing

/// Quiet hours hold back, and drop nothing.
@Suite(.timeLimit(.minutes(6))) struct QuietTests {
  /// All day but its last minute, by UTC: only a test in that minute would see something else.
  private static let rules = """
    {"version": 1, "watch": {"since": "all"},
     "destinations": {"chat": {"type": "slack", "url": "ENDPOINT/inbox/chat", "rateLimit": {"count": 9, "per": "1s"},
       "quiet": {"from": "00:00", "to": "23:59", "except": ["failed"]}}},
     "rules": [{"name": "r", "actions": [{"send": "chat"}]}]}
    """

  @Test func `at night only what is excepted is told, and the rest waits for the end`() async throws {
    let scenario = Scenario(runs: [.ended("run_good", .succeeded), .ended("run_bad", .failed)])
    try await onStage(scenario) { stage in
      try stage.write(Self.rules)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      let texts = try stage.simulator.inbox("chat").map { try $0.json[text: "text"] ?? "" }
      #expect(texts.count == 1 && texts[0].contains("failed"))
      let waiting = try await stage.run("deliveries", "list", "--status", "pending", "--output", "json").rows
      #expect(waiting.map { $0[text: "runId"] } == ["run_good"])
      #expect(waiting.first?[text: "nextAttemptAt"]?.hasSuffix("T23:59:00.000Z") == true)
      let why = try #require(waiting.first?[text: "waitsFor"])
      #expect(why.hasPrefix("quiet hours until 2") && why.hasSuffix("T23:59:00.000Z"))
    }
  }
}
