import Glibc
import JSONSource
import Simulator
import Testing

/// Whether all is well, seen from outside.
@Suite(.timeLimit(.minutes(6))) struct StatusTests {
  /// Looks until it says so: what the watcher sees is written down at most every ten seconds.
  private func status(_ stage: Stage, says text: String) async throws -> End {
    while true {
      let end = try await stage.run("status")
      if end.output.contains(text) { return end }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private func expectFits(_ end: End) {
    #expect(end.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(end.output)")
    #expect(end.errors.isEmpty, "\(end.errors)")
  }

  @Test func `a watcher that runs is well, and one that has ended, was stopped or killed is not`() async throws {
    try await onStage(Scenario(runs: [.running("run_a"), .ended("run_b")])) { stage in
      try stage.write(RulesText.hub)
      #expect(try await stage.run("status").code == 73)
      var watch = try stage.start("--rules", "rules.json")
      let well = try await status(stage, says: "watcher     runs")
      #expect(well.code == 0, "\(well.output)")
      #expect(well.output.contains("rules.json, 1 rule"))
      #expect(well.output.contains("hub") && well.output.contains("All is well."))
      expectFits(well)
      watch.send(SIGSTOP)
      let stopped = try await status(stage, says: "stopped (SIGSTOP)")
      #expect(stopped.code == 1)
      #expect(stopped.output.contains("kill -CONT \(watch.processID)"))
      expectFits(stopped)
      watch.send(SIGCONT)
      #expect(try await status(stage, says: "watcher     runs").code == 0)
      watch.send(SIGKILL)
      _ = try await watch.end()
      let died = try await stage.run("status")
      #expect(died.code == 1 && died.output.contains("the watcher has died"), "\(died.output)")
      expectFits(died)
      watch = try stage.start("--rules", "rules.json")
      #expect(try await status(stage, says: "watcher     runs").code == 0)
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      let ended = try await stage.run("status")
      #expect(ended.code == 1 && ended.output.contains("no watcher runs: the last one ended"), "\(ended.output)")
    }
  }

  @Test func `a look from cron is no watcher that is missing`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(RulesText.hub)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      let end = try await stage.run("status", "--output", "json")
      #expect(end.code == 0, "\(end.output)")
      let json = try end.json
      #expect(json[text: "watcher.state"] == "ended" && json[text: "watcher.mode"] == "once")
      #expect(json[text: "source.organization"] == stage.environment["DATATURE_VI_ORGANIZATION_ID"])
      #expect(json["healthy"]?.bool == true && json["reasons"]?.elements?.isEmpty == true)
      #expect(json["source"]?["total"]?.integer == 1)
    }
  }

  @Test func `what is dead, stopped, or for nobody is said with what to do`() async throws {
    let runs = (1...3).map { ScriptedRun.ended("run_\($0)") }
    let inbox = ["gone": [ScriptedAnswer.status(410, times: nil)], "no": [.status(404, times: nil)]]
    try await onStage(Scenario(runs: runs, inbox: inbox)) { stage in
      func rules(_ third: String) -> String {
        let names = ["gone", "no", third]
        let destinations = names.map {
          #""\#($0)": {"type": "webhook", "url": "ENDPOINT/inbox/\#($0)", "concurrency": 1}"#
        }
        let actions = names.map { #"{"send": "\#($0)"}"# }
        return """
          {"version": 1, "watch": {"since": "all"}, "destinations": {\(destinations.joined(separator: ","))},
           "rules": [{"name": "all", "actions": [\(actions.joined(separator: ","))]}]}
          """
      }
      stage.simulator.setAnswers([.status(503, times: nil)], forInbox: "late")
      try stage.write(rules("late"))
      _ = try await stage.run("--rules", "rules.json", "--once")
      try stage.write(rules("other"))
      _ = try await stage.run("--rules", "rules.json", "--once")
      let end = try await stage.run("status")
      #expect(end.code == 1)
      expectFits(end)
      let text = end.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      for words in [
        "gone has stopped: answered 410", "vi-notify deliveries replay --destination gone",
        "deliveries wait for late, which the rules file does not have", "--destination late --to OTHER",
        "died during the last day; see: vi-notify deliveries list --status dead",
      ] { #expect(text.contains(words), "\(words) is missing: \(end.output)") }
      let json = try await stage.run("status", "--output", "json").json
      let late = json["destinations"]?.elements?.first { $0[text: "name"] == "late" }
      #expect(late?["waiting"]?.integer == 3 && late?[text: "state"] == "not in the rules file")
    }
  }

  @Test func `a rules file that was refused is said until it is mended`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      try stage.write("{}")
      let refused = try await status(stage, says: "without success")
      #expect(refused.code == 1)
      #expect(refused.output.contains("the rules file can't be used"), "\(refused.output)")
      expectFits(refused)
      try stage.write(RulesText.hub.replacing("ends", with: "all"))
      try await watch.says("the rules file was read anew")
      #expect(try await status(stage, says: "All is well.").code == 0)
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
    }
  }

  @Test func `a source that is out of sight is said, and why`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub.replacing("\"100ms\"", with: "\"100ms\", \"unreachableAfter\": \"1s\""))
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      stage.simulator.setFaults([Fault(.status(503, times: nil))])
      let blind = try await status(stage, says: "out of sight")
      #expect(blind.code == 1 && blind.output.contains("503"), "\(blind.output)")
      expectFits(blind)
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
    }
  }
}
