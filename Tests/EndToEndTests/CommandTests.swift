import Simulator
import Testing

/// What somebody types who has just found the program.
@Suite(.timeLimit(.minutes(6))) struct CommandTests {
  @Test(arguments: [
    [], ["watch"], ["check"], ["runs"], ["runs", "list"], ["runs", "get"], ["runs", "wait"], ["deliveries"],
    ["deliveries", "list"], ["deliveries", "show"], ["simulate"], ["demo"], ["test"], ["schema"],
  ])
  func `every command has help, with an example`(_ command: [String]) async throws {
    try await onStage { stage in
      let end = try await stage.run(arguments: command + ["--help"])
      #expect(end.code == 0)
      #expect(end.errors.isEmpty)
      #expect(end.output.contains("EXAMPLE"))
      #expect(end.output.contains((["vi-notify"] + command).joined(separator: " ")))
    }
  }

  @Test func `it tells its version`() async throws {
    try await onStage { stage in
      let end = try await stage.run("--version")
      #expect(end.code == 0)
      #expect(
        end.output.contains(
          /^0\.[0-9]+\.[0-9]+ \((commit [0-9a-f]{12}(, changed)?, )?Swift 6\.[0-9]+, libcurl [78]\.[0-9]+\.[0-9]+\)\n$/),
        "\(end.output)")
    }
  }

  @Test func `the demo shows everything that is promised and ends by itself`() async throws {
    try await onStage { stage in
      let demo = try stage.start("demo")
      let end = try await demo.end()
      #expect(end.code == 0, "\(end.errors)")
      #expect(end.output.split(separator: "\n").count { $0.contains("✓") } == 3, "\(end.output)")
      #expect(!end.output.contains("✗"))
      #expect(end.output.contains("Everything arrived"))
      // It needed neither our account nor our home, and has cleared up behind itself.
      #expect(stage.simulator.requestCount() == 0)
      #expect(try stage.files().isEmpty)
    }
  }

  @Test func `a simulator of its own can be watched, and prints what arrives`() async throws {
    try await onStage { stage in
      try stage.write(
        """
        // Comments are fine.
        {"organization": "org-of-a-test", "secretKey": "dtvi_test", "runs": [
          {"runId": "run_a", "flow": "detector", "created": "-2h", "life": [{"after": "1ms", "phase": "failed"}]}]}
        """, to: "scenario.json")
      let simulate = try stage.start("simulate", "--listen", "127.0.0.1:0", "--scenario", "scenario.json")
      try await simulate.says("Stop with Ctrl-C")
      let variables = exports(simulate.errors)
      #expect(variables["DATATURE_VI_SECRET_KEY"] == "dtvi_test")
      let endpoint = try #require(variables["DATATURE_VI_API_ENDPOINT"])
      try stage.write(RulesText.hub.replacing("ENDPOINT", with: endpoint))
      let end = try await stage.run("--rules", "rules.json", "--once", "--since", "all", with: variables)
      #expect(end.code == 0, "\(end.errors)")
      try await simulate.says("POST /inbox/hub")
      simulate.send(2)
      let last = try await simulate.end()
      #expect(last.code == 0)
      #expect(last.output.contains("com.datature.vi.run.failed"))
    }
  }

  @Test func `a scenario with mistakes is refused with their places`() async throws {
    try await onStage { stage in
      try stage.write("{\"runs\": 3,\n \"popluation\": {}}", to: "scenario.json")
      let end = try await stage.run("simulate", "--listen", "127.0.0.1:0", "--scenario", "scenario.json")
      #expect(end.code == 78)
      #expect(end.errors.contains("scenario.json:1:10: error:"), "\(end.errors)")
      #expect(end.errors.contains("scenario.json:2:2: error:"), "\(end.errors)")
    }
  }

  @Test func `a port that is taken is said so`() async throws {
    try await onStage { stage in
      let end = try await stage.run("simulate", "--listen", String(stage.simulator.endpoint.dropFirst(7)))
      #expect(end.code == 69)
      #expect(end.errors.contains("in use"), "\(end.errors)")
    }
  }

  @Test func `without a terminal there is neither colour nor a live line`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a", .failed)], inbox: ["hub": [.status(404)]])) { stage in
      try stage.write(RulesText.hub)
      let end = try await stage.run(
        "--rules", "rules.json", "--until-done", "--since", "all", with: ["TERM": "xterm-256color"])
      #expect(end.code == 1)
      #expect(!end.errors.contains("\u{1B}") && !end.errors.contains("\r"), "\(end.errors)")
    }
  }

  @Test(arguments: [
    (["STATE_DIRECTORY": "DIRECTORY/service"], "service/state.sqlite"),
    (["XDG_STATE_HOME": "DIRECTORY/xdg"], "xdg/vi-notify/state.sqlite"), ([:], ".local/state/vi-notify/state.sqlite"),
  ])
  func `the state is where the system wants it`(_ variables: [String: String], _ file: String) async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub)
      let variables = variables.mapValues { $0.replacing("DIRECTORY", with: stage.directory) }
      #expect(try await stage.run("--rules", "rules.json", "--once", with: variables).code == 0)
      #expect(try stage.bytes(file).starts(with: Array("SQLite format 3".utf8)))
      #expect(try await stage.run("deliveries", "list", with: variables).code == 0)
    }
  }

  /// Of the lines `export NAME=VALUE`.
  private func exports(_ text: String) -> [String: String] {
    let pairs = text.split(separator: "\n").filter { $0.hasPrefix("export ") }.map { line in
      line.dropFirst(7).split(separator: "=", maxSplits: 1).map(String.init)
    }
    return Dictionary(pairs.map { ($0[0], $0.last ?? "") }) { $1 }
  }
}
