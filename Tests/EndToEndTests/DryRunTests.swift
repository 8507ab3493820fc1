import Glibc
import JSONSource
import Simulator
import Testing

/// `watch --dry-run`: everything is said, and nothing happens.
@Suite(.timeLimit(.minutes(6))) struct DryRunTests {
  private static let rules = """
    {"version": 1, "watch": {"since": "all"},
     "destinations": {
       "hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub/topsecretpath", "secret": "${env:SIGNING}",
         "headers": {"Authorization": "Bearer ${env:TOKEN}"}},
       "pager": {"type": "pagerduty", "routingKey": "${env:ROUTING}"}},
     "rules": [
       {"name": "tell", "actions": [{"send": "hub"}, {"send": "pager"}, {"shell": "touch ran"}]},
       {"name": "never", "on": "disappeared", "actions": [{"shell": "true"}]}]}
    """
  private static let secrets = [
    "SIGNING": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "TOKEN": "token-0123456789",
    "ROUTING": "0123456789abcdef0123456789abcdef",
  ]

  private func expectRehearsal(_ end: End, _ stage: Stage) {
    #expect(end.code == 0, "\(end.errors)")
    for words in [
      "run_a failed since ", "  ✓ tell: ", "tell, actions[0] → hub", "Authorization: ", "•••",
      #""subject":"run_a""#, "touch ran", "1 event, 3 deliveries would be made", "nothing was sent or written",
    ] { #expect(end.output.contains(words), "\(words) is missing: \(end.output)") }
    for secret in Self.secrets.values { #expect(!(end.output + end.errors).contains(secret), "\(end.output)") }
    #expect(!end.output.contains("topsecretpath"))
    #expect(!end.output.contains("never"))
    #expect(stage.simulator.inbox("hub").isEmpty)
    #expect(stage.read("ran") == nil)
  }

  @Test func `without a state it says what would be sent, and makes none`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a", .failed)]), environment: Self.secrets) { stage in
      try stage.write(Self.rules)
      let files = try stage.files()
      let end = try await stage.run("watch", "--rules", "rules.json", "--dry-run")
      expectRehearsal(end, stage)
      #expect(end.output.contains("the runs that exist now become the baseline"))
      #expect(try stage.files() == files)
      for wrong in [["--until-done"], ["--listen", "127.0.0.1:0"]] {
        #expect(try await stage.run(arguments: ["--rules", "rules.json", "--dry-run"] + wrong).code == 64)
      }
    }
  }

  @Test func `a state stays byte for byte as it was, and its silences count`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")]), environment: Self.secrets) { stage in
      try stage.write(Self.rules)
      #expect(try await stage.run("--rules", "rules.json", "--once", "--state", "state.sqlite").code == 0)
      stage.simulator.move("run_a", to: .failed)
      let before = (try stage.bytes("state.sqlite"), Set(try stage.files()))
      let arguments = ["watch", "--rules", "rules.json", "--dry-run", "--state", "state.sqlite"]
      expectRehearsal(try await stage.run(arguments: arguments), stage)
      // A second look sees the same.
      expectRehearsal(try await stage.run(arguments: arguments), stage)
      #expect(try stage.bytes("state.sqlite") == before.0)
      #expect(Set(try stage.files()) == before.1)
      let silence = [
        "silence", "add", "--for", "1h", "--destination", "hub", "--reason", "moving", "--state", "state.sqlite",
      ]
      #expect(try await stage.run(arguments: silence).code == 0)
      let silent = try await stage.run(arguments: arguments)
      #expect(silent.output.contains("not sent to hub (tell): silenced until"), "\(silent.output)")
      #expect(silent.output.contains("2 deliveries would be made"))
    }
  }
}
