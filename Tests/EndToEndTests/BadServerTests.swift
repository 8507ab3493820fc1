import JSONSource
import Simulator
import Testing

/// From half of an answer nothing is concluded, and one bad run hides no other.
@Suite(.timeLimit(.minutes(6))) struct BadServerTests {
  struct Trouble: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let faults: [Fault]

    /// On the second page of the first sweep.
    init(_ description: String, _ answer: ScriptedAnswer) {
      self.init(description, [Fault(on: .list, after: 1, answer)])
    }

    init(_ description: String, _ faults: [Fault]) {
      testDescription = description
      self.faults = faults
    }
  }

  private static func pages(next tokens: [String]) -> [Fault] {
    tokens.enumerated().map { number, token in
      Fault(on: .list, after: 1 + number, .status(200, body: "{\"items\": [], \"nextPage\": \"\(token)\"}"))
    }
  }

  static let troubles = [
    Trouble("a page cut short", ScriptedAnswer(.cutShort)), Trouble("half of the JSON", ScriptedAnswer(.malformed)),
    // Twice: a connection that was kept alive may close at any time, and libcurl then asks anew by itself.
    Trouble("a closed connection", ScriptedAnswer(.reset, times: 2)),
    Trouble("500 and a page of HTML", .status(500, headers: ["Content-Type": "text/html"], body: "<h1>Oops</h1>")),
    Trouble("503 three times", .status(503, times: 3)), Trouble("404", .status(404)),
    Trouble("429", .status(429, headers: ["Retry-After": "1"])),
    Trouble("no page but an object", .status(200, body: "{\"items\": {}, \"nextPage\": 3}")),
    Trouble("an endless list of one token", pages(next: ["one", "one"])),
    Trouble("a circle of two tokens", pages(next: ["one", "two", "one"])),
    Trouble("more than 64 MiB", .status(200, body: "{\"items\": [" + String(repeating: " ", count: 65 << 20) + "]}")),
    Trouble("silence", ScriptedAnswer(.hang)),
  ]

  /// Were half a sweep taken for the baseline, the ended runs of the other pages would be news in the next.
  @Test(arguments: troubles)
  func `a sweep that meets trouble is given up, and the next one makes good`(_ trouble: Trouble) async throws {
    let old = (0..<8).map { ScriptedRun.ended("run_old\($0)", ago: 100_000 + Int64($0)) }
    let scenario = Scenario(maximumPageSize: 3, runs: old + [.running("run_a")], faults: trouble.faults)
    try await onStage(scenario) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      stage.simulator.move("run_a", to: .succeeded)
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      watch.send(15)
      let end = try await watch.end()
      #expect(end.code == 0)
      let lines = end.errors.split(separator: "\n")
      #expect(lines.contains { $0.contains("sweep failed and was discarded") }, "\(end.errors)")
      #expect(lines.contains { $0.contains("first start") && $0.contains("ended=8 moving=1") }, "\(end.errors)")
      #expect(try stage.simulator.inbox("hub").map { try $0.json[text: "subject"] } == ["run_a"])
    }
  }

  /// Not to be confused with a deletion.
  @Test func `runs that a broken list leaves out have neither ended nor come anew`() async throws {
    let runs = (0..<6).map { ScriptedRun.running("run_\($0)") }
    try await onStage(Scenario(maximumPageSize: 2, runs: runs)) { stage in
      try stage.write(RulesText.hub.replacing("\"ends\"", with: "\"all\", \"on\": \"any\""))
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      stage.simulator.inject(Fault(on: .list, .status(200, body: "{\"items\": []}", times: 3)))
      stage.simulator.inject(Fault(on: .list, ScriptedAnswer(.cutShort, times: 5)))
      try await stage.simulator.requestCount(.list, atLeast: stage.simulator.requestCount(.list) + 10)
      stage.simulator.move("run_3", to: .error)
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      watch.send(15)
      #expect(try await watch.end().code == 0)
      #expect(try stage.simulator.inbox("hub").map { try $0.json[text: "data.phase"] } == ["error"])
    }
  }

  @Test func `an old state of a run that is shown once more is no way back`() async throws {
    try await onStage(Scenario(runs: [.running("run_a", dialect: .documented)])) { stage in
      try stage.write(RulesText.hub.replacing("\"ends\"", with: "\"all\", \"on\": \"any\""))
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      let old = String(decoding: try #require(stage.simulator.document("run_a")), as: UTF8.self)
      stage.simulator.move("run_a", to: .succeeded)
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      stage.simulator.inject(Fault(on: .list, .status(200, body: "{\"items\": [\(old)]}", times: 3)))
      try await stage.simulator.requestCount(.list, atLeast: stage.simulator.requestCount(.list) + 6)
      watch.send(15)
      #expect(try await watch.end().code == 0)
      #expect(try stage.simulator.inbox("hub").map { try $0.json[text: "data.phase"] } == ["succeeded"])
    }
  }

  @Test func `one malformed run on a page is reported once, and the others are served`() async throws {
    let bad = [
      "{\"runId\": \"run_bad\", \"spec\": {}}", "{\"runId\": \"../../etc\", \"status\": {\"conditions\": []}}", "7",
      "null", "{\"runId\": \"run_odd\", \"status\": {\"conditions\": 3}}",
    ].enumerated().map { ScriptedRun("x\($0)", created: -50_000, document: Array($1.utf8)) }
    try await onStage(Scenario(runs: [.running("run_a")] + bad + [.running("run_b")])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json")
      try await stage.simulator.requestCount(.list, atLeast: 3)
      stage.simulator.move("run_a", to: .succeeded)
      stage.simulator.move("run_b", to: .failed)
      try await stage.simulator.inboxCount("hub", atLeast: 2)
      watch.send(15)
      let end = try await watch.end()
      #expect(end.code == 0)
      let reports = end.errors.split(separator: "\n").filter { $0.contains("can't be read and is skipped") }
      #expect(reports.count == 5, "\(end.errors)")
      #expect(reports.count { $0.contains("run=run_bad") } == 1)
      let list = try await stage.run("runs", "list", "--output", "json")
      #expect(list.code == 0)
      #expect(try Set(list.rows.map { $0[text: "runId"] }) == ["run_a", "run_b"])
      #expect(list.errors.contains("run_bad"))
    }
  }

  @Test func `refused credentials in the middle are said loudly and don't end the watcher`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      stage.simulator.inject(Fault(on: .list, .status(401, body: "{\"message\": \"key expired\"}", times: nil)))
      try await watch.says("key expired")
      watch.send(15)
      let end = try await watch.end()
      #expect(end.code == 0)
      #expect(end.errors.contains("check DATATURE_VI_SECRET_KEY"), "\(end.errors)")
    }
  }

  @Test func `what is due is delivered also while the source can't be reached`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: ["hub": [ScriptedAnswer(.hang)]])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json", "--since", "all")
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      watch.send(9)
      _ = try await watch.end()
      stage.simulator.inject(Fault(on: .list, .status(500, times: nil)))
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 69)
      #expect(stage.simulator.inbox("hub").count == 2)
      #expect(Set(stage.simulator.inbox("hub").map(\.webhookID)).count == 1)
    }
  }
}
