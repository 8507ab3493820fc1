import Glibc
import Simulator
import Testing

/// A result that nobody gets is an error, and a reader that has seen enough is not.
@Suite(.timeLimit(.minutes(6))) struct OutputTests {
  private static let commands = [
    ["runs", "list"], ["runs", "list", "--output", "json"], ["runs", "get", "run_a"],
    ["runs", "get", "run_a", "--output", "json"], ["runs", "wait", "run_a"], ["models", "list", "run_a"],
    ["deliveries", "list"], ["deliveries", "list", "--output", "json"],
    ["deliveries", "replay", "--status", "delivered"],
    ["explain", "run_a"], ["check", "rules.json"], ["check", "rules.json", "--output", "json"],
    ["test", "rules.json", "--run", "run.json"], ["schema"], ["--help"], ["runs", "list", "--help"], ["--version"],
  ]

  private func onPreparedStage(_ body: (Stage) async throws -> Void) async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(RulesText.hub)
      #expect(try await stage.run("--rules", "rules.json", "--once", "--since", "all").code == 0)
      try stage.write(try await stage.run("runs", "get", "run_a", "--output", "json").output, to: "run.json")
      try await body(stage)
    }
  }

  @Test(arguments: [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")])
  func `a result that can't be written ends every command with 74, and it is said`(
    _ redirection: String, _ reason: String
  ) async throws {
    try await onPreparedStage { stage in
      for command in Self.commands {
        let end = try await stage.shell("exec \"$@\" \(redirection)", ["sh", Binary.path] + command)
        #expect(end.code == 74, "\(command): \(end.errors)")
        #expect(end.errors.contains("stdout can't be written: \(reason)"), "\(command): \(end.errors)")
      }
    }
  }

  @Test func `a reader of stdout that has gone ends every command without a word, as it ends others`() async throws {
    try await onPreparedStage { stage in
      try stage.write("", to: "done")
      for command in Self.commands {
        let script = "mkfifo pipe; exec 4<>pipe; exec >pipe 4<&-; rm pipe; exec \"$@\""
        let end = try await stage.shell(script, ["sh", Binary.path] + command)
        #expect(end.status == .killed(by: SIGPIPE), "\(command): \(end.errors)")
        #expect(!end.errors.contains("stdout") && !end.errors.contains("error:"), "\(command): \(end.errors)")
      }
    }
  }

  @Test func `a simulator whose reader has gone ends at the next arrival`() async throws {
    try await onStage { stage in
      let script = "mkfifo pipe; exec 4<>pipe; exec >pipe 4<&-; exec \"$@\""
      let simulate = try stage.startShell(script, ["sh", Binary.path, "simulate", "--listen", "127.0.0.1:0"])
      try await simulate.says("Stop with Ctrl-C")
      let endpoint = try #require(simulate.errors.split(separator: "=").dropFirst().first?.split(separator: "\n").first)
      let knock = RulesText.hub.replacing("ENDPOINT", with: String(endpoint))
      try stage.write(knock)
      let variables = ["DATATURE_VI_API_ENDPOINT": stage.simulator.endpoint]
      stage.simulator.add(.ended("run_a"))
      _ = try await stage.run("--rules", "rules.json", "--once", "--since", "all", with: variables)
      #expect(try await simulate.end().status == .killed(by: SIGPIPE))
    }
  }
}
