import Glibc
import JSONSource
import Simulator
import Testing

/// What becomes of a command that a rule starts.
@Suite(.timeLimit(.minutes(6))) struct HookTests {
  private func row(_ stage: Stage) async throws -> JSONNode {
    try #require(try await stage.run("deliveries", "list", "--output", "json").rows.first)
  }

  @Test func `a hook that asks for later is run again as the same delivery`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(RulesText.shell("echo $VI_DELIVERY_ID $VI_ATTEMPT >> log; [ $VI_ATTEMPT = 2 ] || exit 75"))
      let end = try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
      #expect(end.code == 0, "\(end.errors)")
      let id = try #require(try await row(stage)[text: "id"])
      #expect(stage.read("log") == "\(id) 1\n\(id) 2\n")
    }
  }

  @Test(arguments: [
    ("{\"shell\": \"exit 9\"}", "exited with 9"), ("{\"shell\": \"kill -9 $$\"}", "ended by signal 9"),
    ("{\"run\": [\"./nowhere\"]}", "nowhere"), ("{\"run\": [\"no-such-program-anywhere\"]}", "PATH"),
    ("{\"run\": [\"./rules.json\"]}", "not executable"),
    ("{\"shell\": \"true\", \"workingDirectory\": \"/nowhere\"}", "/nowhere"),
  ])
  func `a hook that fails is a dead letter with its reason`(_ action: String, _ reason: String) async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write("{\"version\": 1, \"rules\": [{\"name\": \"ends\", \"actions\": [\(action)]}]}")
      let end = try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
      #expect(end.code == 1, "\(end.errors)")
      let row = try await row(stage)
      #expect(row[text: "status"] == "dead")
      #expect(row[text: "reason"]?.contains(reason) == true, "\(row[text: "reason"] ?? "")")
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root can run a hook as somebody else"))
  func `a hook runs as the user and with the mask that its rule names`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      chmod(stage.directory, 0o755)
      try stage.makeDirectory("open")
      chmod(stage.path("open"), 0o777)
      try stage.write(
        RulesText.shell(
          "id -un > who; id -G >> who; umask >> who; echo $HOME >> who",
          more: ", \"user\": \"nobody\", \"umask\": \"027\", \"workingDirectory\": \"\(stage.path("open"))\""))
      let end = try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
      #expect(end.code == 0, "\(end.errors)")
      #expect(stage.read("open/who") == "nobody\n65534\n0027\n/nonexistent\n")
      var status = stat()
      #expect(stat(stage.path("open/who"), &status) == 0)
      #expect(status.st_mode & 0o777 == 0o640)
    }
  }

  @Test func `a hook whose time is up is ended with everything it started`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(RulesText.shell("sleep 300 & echo $! > pid; wait", more: ", \"timeout\": \"300ms\""))
      let end = try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
      #expect(end.code == 1, "\(end.errors)")
      #expect(try await row(stage)[text: "reason"]?.contains("time was up") == true)
      let process = try #require(Int32((stage.read("pid") ?? "").prefix { $0.isNumber }))
      #expect(!isRunning(process))
    }
  }

  @Test func `what a hook prints is in the log line by line, and a flood of it does no harm`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(RulesText.shell("echo begin; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end >&2"))
      let end = try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
      #expect(end.code == 0)
      let lines = end.errors.split(separator: "\n")
      #expect(lines.contains { $0.contains("hook wrote") && $0.contains("line=begin") })
      #expect(lines.contains { $0.contains("stream=stderr") && $0.contains("line=end") })
      let id = try #require(try await row(stage)[text: "id"])
      let show = try await stage.run("deliveries", "show", id, "--output", "json")
      let output = try #require(try show.json["attemptLog"]?.elements?.first?[text: "output"])
      #expect(output.hasPrefix("begin\nxxx"))
      #expect(output.hasSuffix("end\n"))
      #expect(output.contains("bytes left out"))
      #expect(output.utf8.count < 70_000)
    }
  }
}
