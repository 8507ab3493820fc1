import Glibc
import Simulator
import Testing

/// Told to stop, it finishes what is in flight and lets the rest wait for the next start.
@Suite(.timeLimit(.minutes(6))) struct StopTests {
  @Test(arguments: [SIGTERM, SIGINT])
  func `a delivery in flight is settled before the end`(_ signal: Int32) async throws {
    let inbox = ["hub": [ScriptedAnswer(.usual, delay: 2_000)]]
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: inbox)) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json", "--since", "all")
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      watch.send(signal)
      let end = try await watch.end()
      #expect(end.code == 0, "\(end.errors)")
      let row = try #require(try await stage.run("deliveries", "list", "--output", "json").rows.first)
      #expect(row[text: "status"] == "delivered")
      #expect(stage.simulator.inbox("hub").count == 1)
    }
  }

  @Test func `a delivery that nobody answers is cut off, does not count, and is made again`() async throws {
    let inbox = ["hub": [ScriptedAnswer(.hang)]]
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: inbox)) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json", "--since", "all")
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      let clock = ContinuousClock()
      let begin = clock.now
      watch.send(SIGTERM)
      let end = try await watch.end()
      #expect(end.code == 0, "\(end.errors)")
      // Promised are 10 s; a busy machine gets as much again.
      #expect(clock.now - begin < .seconds(20))
      let row = try #require(try await stage.run("deliveries", "list", "--output", "json").rows.first)
      #expect(row[text: "status"] == "pending")
      #expect(row[text: "attempts"] == "0")
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      #expect(stage.simulator.inbox("hub").count == 2)
    }
  }

  @Test func `a hook that goes on for long is stopped with all it started, and runs again at the next start`()
    async throws
  {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      let script = "if [ -e go ]; then echo done > result; exit; fi; sleep 300 & echo \"pids $$ $!,\"; wait"
      try stage.write(RulesText.shell(script))
      let watch = try stage.start("--rules", "rules.json", "--since", "all")
      try await watch.says(",\"")
      let processes = numbers(after: "pids ", in: watch.errors)
      #expect(processes.count == 2)
      #expect(processes.allSatisfy(isRunning))
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      #expect(!processes.contains(where: isRunning))
      let row = try #require(try await stage.run("deliveries", "list", "--output", "json").rows.first)
      #expect(row[text: "status"] == "pending")
      #expect(row[text: "attempts"] == "0")
      try stage.write("", to: "go")
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      #expect(stage.read("result") == "done\n")
    }
  }

  /// It has ten seconds to put its things in order, and must not stand in the way of the next process meanwhile.
  @Test func `a hook that goes on after a kill does not hold the state, and the delivery is made again`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(
        RulesText.shell(
          "trap '' TERM; if [ -e go ]; then echo done > result; exit; fi; echo \"pids $$,\"; while :; do sleep 300; done"
        ))
      let watch = try stage.start("--rules", "rules.json", "--since", "all")
      try await watch.says(",\"")
      let hook = try #require(numbers(after: "pids ", in: watch.errors).first)
      defer { kill(hook, SIGKILL) }
      watch.send(SIGKILL)
      #expect(try await watch.end().status == .killed(by: SIGKILL))
      #expect(isRunning(hook))
      try stage.write("", to: "go")
      let end = try await stage.run("--rules", "rules.json", "--until-done")
      #expect(end.code == 0, "\(end.errors)")
      #expect(stage.read("result") == "done\n")
    }
  }

  @Test func `a second signal ends it at once`() async throws {
    let inbox = ["hub": [ScriptedAnswer(.hang)]]
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: inbox)) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json", "--since", "all")
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      watch.send(SIGTERM)
      try await watch.says("stopping")
      watch.send(SIGINT)
      #expect(try await watch.end().code == 128 + Int(SIGINT))
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      #expect(Set(stage.simulator.inbox("hub").map(\.webhookID)).count == 1)
    }
  }

  @Test func `a source that does not answer holds up no stop`() async throws {
    try await onStage(Scenario(faults: [Fault(on: .list, ScriptedAnswer(.hang, times: nil))])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json")
      try await stage.simulator.requestCount(.list, atLeast: 1)
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      #expect(stage.simulator.requestCount(.list) == 1)
    }
  }

  @Test(arguments: [["--once"], ["--until-done"]])
  func `a stop holds also for what would have ended by itself`(_ mode: [String]) async throws {
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: ["hub": [ScriptedAnswer(.hang)]])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json", "--since", "all", mode[0])
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
    }
  }

  private func numbers(after mark: String, in text: String) -> [pid_t] {
    guard let start = text.firstRange(of: mark)?.upperBound else { return [] }
    return text[start...].prefix { $0.isNumber || $0 == " " }.split(separator: " ").compactMap { pid_t($0) }
  }
}
