import Glibc
import JSONSource
import Simulator
import TestSupport
import Testing

/// Actions that come after actions, in the real binary.
@Suite(.timeLimit(.minutes(6))) struct ChainTests {
  private static func rules(_ action: String) -> String {
    """
    {"version": 1, "watch": {"interval": "100ms"},
     "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"},
                      "chat": {"type": "slack", "url": "ENDPOINT/inbox/chat"}},
     "rules": [{"name": "go on", "on": "succeeded", "actions": [\(action)]}]}
    """
  }

  private static let build = """
    {"shell": "echo v7; echo noise >&2", "id": "build",
     "then": [{"run": ["./record.sh", "{{steps.build.stdout}}", "{{runId}}"], "id": "check-in",
               "then": [{"send": "hub", "body": {"version": "{{steps.build.stdout}}", "code": "{{steps.check-in.exitCode}}"}}]},
              {"shell": "exit 3", "id": "breaks",
               "onFailure": [{"send": "chat", "text": "{{runId}}: {{error}}"}], "then": [{"send": "hub"}]}],
     "onFailure": [{"shell": "touch never"}]}
    """

  private func play(_ stage: Stage, _ action: String = build) async throws -> End {
    try stage.write(Self.rules(action))
    try stage.write(
      """
      #!/bin/sh
      printf '%s|%s|%s|%s|%s' "$1" "$2" "$VI_STEP_BUILD_STDOUT" "$VI_STEP_BUILD_EXIT_CODE" "$VI_STEP_BUILD_STATUS" > record
      """, to: "record.sh", mode: 0o755)
    return try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
  }

  @Test func `each step begins when the one before it has settled, and knows what it left`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      let end = try await play(stage)
      #expect(end.code == 1, "one step was to fail: \(end.errors)")
      #expect(stage.read("record") == "v7|run_a|v7|0|delivered")
      #expect(stage.simulator.inbox("hub").map(\.text) == [#"{"version":"v7","code":0}"#])
      let told = try #require(stage.simulator.inbox("chat").first).json[text: "text"]
      #expect(told == "run_a: hookFailed: exited with 3")
      #expect(stage.read("never") == nil)
    }
  }

  @Test func `show and explain draw the chain as a tree`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      _ = try await play(stage)
      let steps = try await stage.steps(of: "run_a")
      #expect(steps.map { $0[text: "action"] }.prefix(3) == ["build", "check-in", "breaks"])
      #expect(steps[1][text: "parent"] == steps[0][text: "deliveryId"])
      let id = try #require(steps.last?[text: "deliveryId"])
      let explained = try await stage.run("explain", "run_a").output
      for output in [try await stage.run("deliveries", "show", id).output, explained] {
        let tree = output.split(separator: "\n").filter { $0.contains("→") && $0.contains(" after ") }
          .map { $0.replacing(#/ at \S+ after [^,]+/#, with: "").drop { "Chain: ".contains($0) } }
        #expect(
          tree == [
            "go on: ✓ build → hook: delivered",
            "├─ then ✓ check-in → hook: delivered",
            "│  └─ then ✓ check-in.then[0] → hub: delivered",
            "└─ then ✗ breaks → hook: dead, hookFailed: exited with 3",
            "└─ onFailure ✓ breaks.onFailure[0] → chat: delivered",
          ], "\(output)")
      }
      let json = try await stage.run("explain", "run_a", "--output", "json").json
      let chain = try #require(json["chains"]?.elements?.first)
      #expect(chain[text: "action"] == "build")
      #expect(chain["next"]?.elements?.map { $0[text: "branch"] } == ["then", "then"])
      #expect(chain["next"]?.elements?.last?["next"]?.elements?.map { $0[text: "action"] } == ["breaks.onFailure[0]"])
    }
  }

  @Test func `what waits for a step that is not settled is shown as not started`() async throws {
    let action = #"{"shell": "exit 75", "id": "later", "then": [{"send": "hub"}], "onFailure": [{"shell": "x"}]}"#
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(Self.rules(action))
      #expect(try await stage.run("--rules", "rules.json", "--once", "--since", "all").code == 75)
      let tree = try await stage.run("explain", "run_a").output
      #expect(tree.contains("go on: … later → hook: pending after attempt 1 since "))
      #expect(tree.contains("├─ then · later.then[0] → hub: not started"))
      #expect(tree.contains("└─ onFailure · later.onFailure[0] → hook: not started"))
    }
  }

  @Test func `test shows the whole chain, with what nobody knows yet as its tag`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(Self.rules(Self.build))
      try stage.write(try await stage.run("runs", "get", "run_a", "--output", "json").output, to: "run.json")
      let end = try await stage.run("test", "rules.json", "--run", "run.json", "--output", "json")
      let deliveries = try #require(try end.json["deliveries"]?.elements)
      #expect(
        deliveries.map { $0[text: "action"] } == [
          "build", "check-in", "check-in.then[0]", "breaks", "breaks.then[0]", "breaks.onFailure[0]",
          "build.onFailure[0]",
        ])
      #expect(
        deliveries[1]["command"]?["run"]?.elements?.map(\.string) == ["./record.sh", "{{steps.build.stdout}}", "run_a"])
      #expect(deliveries[5]["request"]?["body"]?[text: "text"] == "run_a: {{error}}")
      let text = try await stage.run("test", "rules.json", "--run", "run.json").output
      #expect(text.contains("    then: go on, check-in.then[0] → hub"))
    }
  }

  @Test func `a hook that must not run twice dies when it was cut off, and its other branch begins`() async throws {
    let action = """
      {"shell": "echo ran >> log; kill -9 $PPID; exec sleep 60", "once": true, "id": "pay",
       "onFailure": [{"send": "chat", "text": "{{error}}"}]}
      """
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(Self.rules(action))
      let killed = try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
      #expect(killed.status == .killed(by: SIGKILL))
      #expect(try await stage.run("--rules", "rules.json", "--until-done").code == 1)
      #expect(stage.read("log") == "ran\n")
      let told = try #require(stage.simulator.inbox("chat").first).json[text: "text"]
      #expect(told == "cut off before it ended, and it must not run twice (\"once\")")
    }
  }

  @Test func `a chain that is under way goes on as it was written, whatever the rules file says now`() async throws {
    let action = """
      {"shell": "[ $VI_ATTEMPT = 2 ] || kill -9 $PPID", "id": "first", "then": [{"send": "hub", "body": {"a": "{{runId}}"}}]}
      """
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(Self.rules(action))
      let killed = try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
      #expect(killed.status == .killed(by: SIGKILL))
      try stage.write(Self.rules(#"{"shell": "true"}"#))
      #expect(try await stage.run("--rules", "rules.json", "--until-done").code == 0)
      #expect(stage.simulator.inbox("hub").map(\.text) == [#"{"a":"run_a"}"#])
    }
  }

  @Test func `a hook that must not run twice dies when we are stopped, and its other branch waits for the next start`()
    async throws
  {
    let action = """
      {"shell": "echo ran >> log; exec sleep 60", "once": true, "onFailure": [{"send": "chat", "text": "{{error}}"}]}
      """
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(Self.rules(action).replacing("echo ran", with: "echo ran; echo ran"))
      let watch = try stage.start("--rules", "rules.json", "--since", "all")
      try await watch.says("hook wrote")
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      #expect(try await stage.run("--rules", "rules.json", "--until-done").code == 0)
      #expect(stage.read("log") == "ran\n")
      #expect(stage.simulator.inbox("chat").count == 1)
    }
  }

  @Test func `a message with a body of its own is followed by steps that know the run all the same`() async throws {
    let action = """
      {"send": "hub", "id": "tell", "body": {"x": 1},
       "then": [{"run": ["./record.sh", "{{flow}}", "{{steps.tell.status}}"]}]}
      """
    try await onStage(Scenario(runs: [.ended("run_a", flow: "a b")])) { stage in
      let end = try await play(stage, action)
      #expect(end.code == 0, "\(end.errors)")
      #expect(stage.read("record")?.hasPrefix("a b|delivered|") == true)
    }
  }

  /// What a step prints is data for the next: it goes on byte for byte, also where it is a word that came by a reference, or
  /// a credential, which the step has chosen to hand on. What is kept and logged of it is another matter.
  @Test func `what a step writes goes on as it is, and is struck out only where it is kept to be read`() async throws {
    let action = """
      {"shell": "echo deployed to $STAGE with $API_KEY", "id": "p",
       "env": {"STAGE": "${env:STAGE}", "API_KEY": "${env:HUB_KEY}"},
       "then": [{"run": ["./record.sh", "{{steps.p.stdout}}"]}, {"send": "hub", "body": {"said": "{{steps.p.stdout}}"}}]}
      """
    let variables = ["STAGE": "production", "HUB_KEY": "sesame-open-4711"]
    try await onStage(Scenario(runs: [.ended("run_a")]), environment: variables) { stage in
      let end = try await play(stage, action)
      #expect(end.code == 0, "\(end.errors)")
      #expect(stage.simulator.inbox("hub").map(\.text) == [#"{"said":"deployed to production with sesame-open-4711"}"#])
      #expect(stage.read("record")?.hasPrefix("deployed to production with sesame-open-4711|") == true)
      #expect(end.errors.contains("deployed to production with •••"), "\(end.errors)")
      #expect(!end.errors.contains("sesame"))
      let first = try #require(try await stage.steps(of: "run_a").first?[text: "deliveryId"])
      let attempt = try await stage.run("deliveries", "show", first, "--output", "json").json["attemptLog"]?.elements?
        .first
      #expect(attempt?[text: "output"] == "deployed to production with •••\n")
    }
  }
}
