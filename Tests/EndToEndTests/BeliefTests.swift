import JSONSource
import Simulator
import Testing

/// What is believed of single answers, of credentials, and what cron is told.
@Suite(.timeLimit(.minutes(6))) struct BeliefTests {
  private static let wrongAnswers: [ScriptedAnswer] = [
    .status(401, body: "{\"message\": \"key expired\"}"), .status(404), ScriptedAnswer(.malformed),
    ScriptedAnswer(.cutShort), .status(400), .status(200, body: "<html></html>"),
  ]

  @Test(arguments: 0..<wrongAnswers.count)
  func `wait outlives one wrong answer, once it has read the run`(which: Int) async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      let wait = try stage.start("runs", "wait", "run_a")
      try await stage.simulator.requestCount(.get, atLeast: 1)
      stage.simulator.inject(Fault(on: .get, Self.wrongAnswers[which]))
      try await stage.simulator.requestCount(.get, atLeast: 2)
      stage.simulator.move("run_a", to: .succeeded)
      let end = try await wait.end()
      #expect(end.code == 0, "\(end.errors)")
      #expect(end.errors.contains("trying again"), "\(end.errors)")
    }
  }

  @Test(arguments: [(0, 77), (1, 1), (2, 76), (4, 76), (5, 76)])
  func `wait believes the first answer of all`(_ which: Int, _ status: Int) async throws {
    try await onStage(Scenario(runs: [.running("run_a")], faults: [Fault(on: .get, Self.wrongAnswers[which])])) {
      stage in
      let end = try await stage.run("runs", "wait", "run_a")
      #expect(end.code == status, "\(end.errors)")
    }
  }

  @Test(arguments: 0..<wrongAnswers.count)
  func `a named run that one answer hides has not disappeared, and its end is told`(which: Int) async throws {
    try await onStage(Scenario(runs: [.running("run_a"), .running("run_b")])) { stage in
      try stage.write(RulesText.hub.replacing("\"ends\"", with: "\"all\", \"on\": [\"terminal\", \"disappeared\"]"))
      let watch = try stage.start(
        "--rules", "rules.json", "--until-done", "--run", "run_a", "--run", "run_b", "--interval", "5s")
      try await stage.simulator.requestCount(.get, atLeast: 2)
      stage.simulator.inject(Fault(on: .get, Self.wrongAnswers[which]))
      try await stage.simulator.requestCount(.get, atLeast: 4)
      for run in ["run_a", "run_b"] { stage.simulator.move(run, to: .succeeded) }
      let end = try await watch.end()
      #expect(end.code == 0, "\(end.errors)")
      let told = try stage.simulator.inbox("hub").map { try $0.json[text: "data.phase"] }
      #expect(told == ["succeeded", "succeeded"])
    }
  }

  @Test func `a key that is replaced in its file is used from then on`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      let key = try #require(stage.environment["DATATURE_VI_SECRET_KEY"])
      try stage.write("\(key)\n", to: "key")
      let source = "\"source\": {\"secretKey\": \"${file:\(stage.path("key"))}\"},"
      try stage.write(RulesText.hub.replacing("\"version\": 1,", with: "\"version\": 1, \(source)"))
      let watch = try stage.start("--rules", "rules.json", "--until-done")
      try await watch.says("first start")
      try stage.write("dtvi_another_key\n", to: "key")
      try await watch.says("refused the credentials")
      stage.simulator.move("run_a", to: .failed)
      try stage.write("\(key)\n", to: "key")
      let end = try await watch.end()
      #expect(end.code == 0, "\(end.errors)")
      #expect(stage.simulator.inbox("hub").count == 1)
      #expect(!end.errors.contains("dtvi_another_key"))
    }
  }

  @Test(arguments: [
    ("DATATURE_VI_SECRET_KEY", "dtvi_aa\raaaaaaaaaaaa", "has a carriage return at character 8"),
    ("DATATURE_VI_SECRET_KEY", "dtvi_aaaaaaaaäaaaaa", "has a character that is not ASCII at character 14"),
    ("DATATURE_VI_ORGANIZATION_ID", "org\u{7}x", "has a control character at character 4"),
    ("DATATURE_VI_API_ENDPOINT", "http://127.0.0.1:1/\nx", "has a line feed at character 20"),
  ])
  func `a credential that can't be sent is said, with its name and never its value`(
    _ name: String, _ value: String, _ problem: String
  ) async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub)
      for command in [["check", "rules.json"], ["--rules", "rules.json", "--once"], ["runs", "list"]] {
        let end = try await stage.run(arguments: command, with: [name: value])
        #expect(end.code == 78, "\(command) \(end.errors)")
        #expect(end.errors.contains("the environment variable \(name) \(problem)"), "\(end.errors)")
        #expect(!end.errors.contains("aaaaa"))
      }
      #expect(stage.simulator.requestCount() == 0)
    }
  }

  @Test func `white space around a credential is left out, and said`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let names = ["DATATURE_VI_SECRET_KEY", "DATATURE_VI_ORGANIZATION_ID", "DATATURE_VI_API_ENDPOINT"]
      let variables = Dictionary(uniqueKeysWithValues: names.map { ($0, " \(stage.environment[$0] ?? "")\r") })
      for command in [["check", "rules.json"], ["--rules", "rules.json", "--once"], ["runs", "list"]] {
        let end = try await stage.run(arguments: command, with: variables)
        #expect(end.code == 0, "\(command) \(end.errors)")
        for name in names { #expect(end.errors.contains("\(name) has white space around its value"), "\(end.errors)") }
      }
    }
  }

  @Test(arguments: [
    (ScriptedAnswer.status(200), 0), (.status(404), 1), (.status(503), 75),
    (.status(429, headers: ["Retry-After": "600"]), 75), (ScriptedAnswer(.reset, times: nil), 75),
  ])
  func `cron is told what became of what was due`(_ answer: ScriptedAnswer, _ status: Int) async throws {
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: ["hub": [answer]])) { stage in
      try stage.write(RulesText.hub)
      let end = try await stage.run("--rules", "rules.json", "--once", "--since", "all")
      #expect(end.code == status, "\(end.errors)")
      guard status == 75 else { return }
      // Not due yet, but it was.
      let again = try await stage.run("--rules", "rules.json", "--once")
      #expect(again.code == 75 || stage.simulator.inbox("hub").count > 1, "\(again.errors)")
    }
  }

  @Test func `SIGHUP does not end the watching`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      watch.send(1)
      try await watch.says("the rules file was read anew")
      stage.simulator.move("run_a", to: .failed)
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      watch.send(15)
      #expect(try await watch.end().code == 0)
    }
  }

  @Test(arguments: [
    ["runs", "list"], ["runs", "get", "run_a"], ["models", "list", "run_a"], ["runs", "wait", "run_a"],
  ])
  func `a command that asks once asks again where that may help`(_ command: [String]) async throws {
    let faults = [Fault(.status(503)), Fault(after: 1, .status(429, headers: ["Retry-After": "1"]))]
    try await onStage(Scenario(runs: [.ended("run_a")], faults: faults)) { stage in
      let end = try await stage.run(arguments: command)
      #expect(end.code == 0, "\(end.errors)")
      #expect(end.errors.contains("503") && end.errors.contains("429"), "\(end.errors)")
    }
  }

  @Test func `a command that is asked to wait for longer than it may says so at once`() async throws {
    let fault = Fault(.status(429, headers: ["Retry-After": "600"], times: nil))
    try await onStage(Scenario(runs: [.ended("run_a")], faults: [fault])) { stage in
      let end = try await stage.run("runs", "list")
      #expect(end.code == 75)
      #expect(end.errors.contains("try again later"), "\(end.errors)")
    }
  }

  @Test func `a run with a wrong byte in an attribute is told all the same`() async throws {
    let time = Simulator.systemClock()
    var bytes = Array(
      #"{"runId": "run_odd", "status": {"conditions": [{"condition": "Failed", "status": "Reached", "message": "a\qb", "#
        .utf8)
    bytes += Array("\"lastTransitionTime\": \(time)}]}, \"metadata\": {\"attributes\": {\"note\": \"".utf8)
    bytes += [0xFF] + Array("\"}}}".utf8)
    let odd = ScriptedRun("run_odd", created: -50_000, document: bytes)
    try await onStage(Scenario(runs: [.ended("run_a"), odd])) { stage in
      try stage.write(RulesText.hub)
      let end = try await stage.run("--rules", "rules.json", "--once", "--since", "all")
      #expect(end.code == 0, "\(end.errors)")
      #expect(end.errors.contains("run=run_odd"), "\(end.errors)")
      let told = try stage.simulator.inbox("hub").map { try $0.json[text: "subject"] }
      #expect(Set(told) == ["run_a", "run_odd"])
    }
  }
}
