import JSONSource
import Simulator
import Testing

/// `runs list`, `runs get` and `runs wait`: the vendor's list(), info() and wait_for_run().
@Suite(.timeLimit(.minutes(6))) struct RunsCommandTests {
  private static let four = Scenario(
    maximumPageSize: 2,
    runs: [
      .ended("run_1", .failed, ago: 400_000, flow: "ocr", reason: "OutOfMemory", message: "CUDA out of memory"),
      .ended("run_2", .succeeded, ago: 300_000), .ended("run_3", .cancelled, ago: 200_000),
      .running("run_4", attributes: ["stage": "release"]),
    ])

  private func ids(_ end: End) throws -> [String?] {
    try end.rows.map { $0[text: "runId"] }
  }

  @Test func `list shows the newest first, over all pages, as a table and as JSON`() async throws {
    try await onStage(Self.four) { stage in
      let table = try await stage.run("runs", "list")
      #expect(table.code == 0, "\(table.errors)")
      let lines = table.output.split(separator: "\n")
      #expect(lines.first?.split(separator: " ") == ["RUN", "PHASE", "CREATED", "DURATION", "FLOW", "TOLD", "MESSAGE"])
      #expect(lines.dropFirst().map { $0.split(separator: " ").first } == ["run_4", "run_3", "run_2", "run_1"])
      #expect(lines.last?.contains("CUDA out of memory") == true)
      let list = try await stage.run("runs", "list", "--output", "json")
      #expect(list.code == 0)
      #expect(list.errors.isEmpty)
      #expect(try ids(list) == ["run_4", "run_3", "run_2", "run_1"])
      #expect(try list.rows.map { $0[text: "phase"] } == ["running", "cancelled", "succeeded", "failed"])
      let failed = try #require(try list.rows.last)
      #expect(failed["run"] == nil)
      #expect(failed[text: "flow"] == "ocr")
      #expect(failed[text: "reason"] == "OutOfMemory")
      #expect(failed[text: "durationSeconds"] == "30")
      #expect(failed[text: "durationText"] == "30s")
      #expect(failed[text: "organization"] == Scenario.defaultOrganization)
    }
  }

  @Test func `list takes phases and a limit, and asks for no more pages than it needs`() async throws {
    try await onStage(Self.four) { stage in
      let some = try await stage.run("runs", "list", "--phase", "failed", "--phase", "running", "--output", "json")
      #expect(try ids(some) == ["run_4", "run_1"])
      let requests = stage.simulator.requestCount(.list)
      #expect(try ids(try await stage.run("runs", "list", "--limit", "1", "--output", "json")) == ["run_4"])
      #expect(stage.simulator.requestCount(.list) == requests + 1)
      let none = try await stage.run("runs", "list", "--phase", "error", "--output", "json")
      #expect(none.output == "[]\n")
      #expect(none.code == 0)
    }
  }

  @Test func `list shows fifty, or as many as asked for, or all`() async throws {
    try await onStage(Scenario(maximumPageSize: 17, population: Population(count: 120))) { stage in
      #expect(try await stage.run("runs", "list", "--output", "json").rows.count == 50)
      #expect(try await stage.run("runs", "list", "--limit", "70", "--output", "json").rows.count == 70)
      let all = try await stage.run("runs", "list", "--all", "--output", "json")
      #expect(Set(try ids(all)).count == 120)
      #expect(try all.rows.count == 120)
    }
  }

  @Test func `get gives the document exactly as the API gave it, or tells of it`() async throws {
    let document = "{\"runId\": \"run_raw\",\"status\":{\"conditions\":[]}, \"odd\": 1.10, \"x\": \"\\u00e9\"}"
    let raw = ScriptedRun("run_raw", created: -50_000, document: Array(document.utf8))
    try await onStage(Scenario(runs: [.ended("run_a", .failed, message: "out of memory"), raw])) { stage in
      let json = try await stage.run("runs", "get", "run_raw", "--output", "json")
      #expect(json.code == 0)
      #expect(json.output == document + "\n")
      let table = try await stage.run("runs", "get", "run_a")
      #expect(table.code == 0)
      for word in ["run_a", "failed", "detector", "out of memory", "project_demo"] {
        #expect(table.output.contains(word), "\(table.output)")
      }
      let missing = try await stage.run("runs", "get", "run_nope")
      #expect(missing.code == 1)
      #expect(missing.output.isEmpty)
      #expect(missing.errors.contains("there is no run run_nope"))
    }
  }

  @Test(arguments: [
    ("succeeded", 0), ("failed", 1), ("error", 1), ("cancelled", 3),
  ])
  func `wait ends with the status of how the run has ended`(_ word: String, _ status: Int) async throws {
    let phase = try #require(ScriptedRun.Phase(rawValue: word))
    try await onStage(Scenario(runs: [.running("run_a", dialect: .documented)])) { stage in
      let wait = try stage.start("runs", "wait", "run_a", "--output", "json")
      try await stage.simulator.requestCount(.get, atLeast: 1)
      stage.simulator.move("run_a", to: phase)
      let end = try await wait.end()
      #expect(end.code == status, "\(end.errors)")
      #expect(try end.rows.map { $0[text: "phase"] } == [word])
      #expect(stage.simulator.requestCount(.get) == 2)
      // Without a terminal there is no spinner.
      #expect(end.errors.isEmpty)
    }
  }

  @Test(arguments: [
    (["run_good"], 0), (["run_good", "run_bad"], 1), (["run_bad", "run_stopped", "run_good"], 3),
    (["run_stopped", "run_going"], 124), (["run_nope"], 1),
  ])
  func `wait for several ends with the worst, and does not wait for ever`(_ runs: [String], _ status: Int)
    async throws
  {
    let scenario = Scenario(runs: [
      .ended("run_good"), .ended("run_bad", .failed), .ended("run_stopped", .cancelled), .running("run_going"),
    ])
    try await onStage(scenario) { stage in
      let end = try await stage.run(arguments: ["runs", "wait"] + runs + ["--timeout", "300ms"])
      #expect(end.code == status, "\(end.errors)")
      if status == 124 { #expect(end.errors.contains("timed out before every run had ended")) }
    }
  }

  @Test func `wait outlives a server that fails for a while`() async throws {
    let faults = [
      Fault(on: .get, .status(500)), Fault(on: .get, after: 1, ScriptedAnswer(.cutShort)),
      Fault(on: .get, after: 2, .status(429, headers: ["Retry-After": "1"])),
    ]
    try await onStage(Scenario(runs: [.ended("run_a")], faults: faults)) { stage in
      let end = try await stage.run("runs", "wait", "run_a")
      #expect(end.code == 0, "\(end.errors)")
      #expect(stage.simulator.requestCount(.get) == 4)
      #expect(end.errors.contains("trying again"))
    }
  }

  @Test func `wait keeps its time also when the server asks for more`() async throws {
    let fault = Fault(on: .get, .status(429, headers: ["Retry-After": "600"], times: nil))
    try await onStage(Scenario(runs: [.ended("run_a")], faults: [fault])) { stage in
      let end = try await stage.run("runs", "wait", "run_a", "--timeout", "200ms")
      #expect(end.code == 124, "\(end.errors)")
    }
  }
}
