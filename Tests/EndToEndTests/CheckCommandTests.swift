import Glibc
import JSONSource
import Simulator
import Testing

/// `check`: every mistake at once, for people and for editors.
@Suite(.timeLimit(.minutes(6))) struct CheckCommandTests {
  @Test func `a file that can be used is fine, in words and as JSON`() async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub)
      let text = try await stage.run("check", "rules.json")
      #expect(text.code == 0)
      #expect(text.output == "rules.json: fine; rules: 1, destinations: 1\n")
      #expect(text.errors.isEmpty)
      let json = try await stage.run("check", "rules.json", "--output", "json")
      #expect(json.code == 0)
      #expect(json.output == "{\"diagnostics\":[]}\n")
      #expect(stage.simulator.requestCount() == 0)
    }
  }

  @Test func `the example at the top of the repository can be used when its variables are set`() async throws {
    try await onStage { stage in
      let example = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/rules.example.json"
      let variables = [
        "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x",
        "REGISTRY_WEBHOOK_URL": "https://registry.example.com/vi",
        "REGISTRY_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      ]
      let end = try await stage.run("check", example, with: variables)
      #expect(end.code == 0, "\(end.errors)")
      #expect(end.errors.isEmpty, "\(end.errors)")
    }
  }

  @Test func `mistakes come as JSON with their places`() async throws {
    try await onStage { stage in
      try stage.write("{\"version\": 1,\n \"ruels\": [],\n \"rules\": [{\"name\": 7, \"actions\": []}]}")
      let end = try await stage.run("check", "rules.json", "--output", "json")
      #expect(end.code == 78)
      let diagnostics = try #require(try end.json["diagnostics"]?.elements)
      #expect(diagnostics.map { $0[text: "line"] } == ["2", "3", "3"])
      #expect(diagnostics.map { $0[text: "column"] } == ["2", "21", "35"])
      #expect(diagnostics.allSatisfy { $0[text: "file"] == "rules.json" && $0[text: "severity"] == "error" })
      #expect(diagnostics.first?[text: "hint"]?.contains("\"rules\"") == true)
      let members = ["file", "line", "column", "severity", "message", "hint"]
      #expect(diagnostics.allSatisfy { $0.members?.map(\.key) == members })
      #expect(try end.json.members?.map(\.key) == ["diagnostics"])
    }
  }

  @Test func `the schema is JSON, of the draft that editors read`() async throws {
    try await onStage { stage in
      let end = try await stage.run("schema")
      #expect(end.code == 0 && end.errors.isEmpty)
      #expect(try end.json[text: "$schema"] == "https://json-schema.org/draft/2020-12/schema")
    }
  }

  @Test func `in a long line the caret stands under the mistake, too`() async throws {
    try await onStage { stage in
      let many = String(repeating: "😀é", count: 200)
      try stage.write("{\"version\": 1, \"rules\": [{\"name\": \"\(many)\", \"x\": 1}]}")
      let lines = try await stage.run("check", "rules.json").errors.split(separator: "\n")
      let index = try #require(lines.firstIndex { $0.contains("unknown field \"x\"") })
      #expect(lines[index + 1].dropFirst(lines[index + 2].count - 1).hasPrefix("\"x\": 1}"))
    }
  }

  @Test func `a caret stands under the mistake`() async throws {
    try await onStage { stage in
      try stage.write("{\"version\": 1,\n \"rules\": [], \"é\": 1}")
      let end = try await stage.run("check", "rules.json")
      let lines = end.errors.split(separator: "\n")
      let source = try #require(lines.first { $0.contains("\"é\": 1}") })
      let caret = try #require(lines.last { $0.hasSuffix("^") })
      #expect(source.dropFirst(caret.count - 1).hasPrefix("\"é\""))
    }
  }

  @Test func `a secret in the file itself is warned of and not shown`() async throws {
    try await onStage { stage in
      let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
      try stage.write(
        """
        {"version": 1, "source": {"secretKey": "${env:KEY}"},
         "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub",
          "secret": "\(secret)"}},
         "rules": [{"name": "a", "actions": [{"send": "hub"}]}]}
        """)
      let end = try await stage.run("check", "rules.json", "--output", "json", with: ["KEY": "dtvi_x"])
      #expect(end.code == 0)
      #expect(try end.json["diagnostics"]?.elements?.map { $0[text: "severity"] } == ["warning"])
      #expect(!end.output.contains(secret))
    }
  }

  @Test func `without credentials a file can be right, and the lack is told`() async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub)
      let end = try await stage.run(arguments: ["check", "rules.json"], without: ["DATATURE_VI_SECRET_KEY"])
      #expect(end.code == 0)
      #expect(end.errors.contains("warning: the environment variable DATATURE_VI_SECRET_KEY is not set"))
    }
  }

  @Test func `a rules file or a state that everybody may write to is warned of`() async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub, mode: 0o646)
      #expect(try await stage.run("check", "rules.json").errors.contains("rules.json: warning: everybody"))
      try stage.makeDirectory("open")
      chmod(stage.path("open"), 0o777)
      let once = try await stage.run("--rules", "rules.json", "--once", "--state", "open/state.sqlite")
      #expect(once.code == 0)
      #expect(once.errors.contains("rules.json: warning: everybody on this machine may write to it"), "\(once.errors)")
      #expect(once.errors.contains(#"level=warning msg="the state is open to everybody""#), "\(once.errors)")
      #expect(once.errors.contains("chmod o-w open"), "\(once.errors)")
      chmod(stage.path("rules.json"), 0o644)
      chmod(stage.path("open"), 0o1777)
      let well = try await stage.run("--rules", "rules.json", "--once", "--state", "open/state.sqlite")
      #expect(!well.errors.contains("everybody"), "\(well.errors)")
    }
  }

  @Test func `several files are checked, and standard input is one of them`() async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub, to: "good.json")
      try stage.write("{\"version\": 1, \"rules\": 7}", to: "bad.json")
      let end = try await stage.run("check", "good.json", "bad.json")
      #expect(end.code == 78)
      #expect(end.output == "good.json: fine; rules: 1, destinations: 1\n")
      #expect(end.errors.contains("bad.json:1:25: error:"), "\(end.errors)")
      let json = try await stage.run("check", "good.json", "bad.json", "--output", "json")
      #expect(try json.json["diagnostics"]?.elements?.map { $0[text: "file"] } == ["bad.json"])
      let piped = try await stage.shell("\"$0\" check - good.json < good.json", [Binary.path])
      #expect(piped.output.hasPrefix("-: fine; rules: 1"), "\(piped.errors)")
      #expect(try await stage.run("check", "-", "-").code == 64)
    }
  }

  @Test func `where the secrets aren't, references are checked for their form, and warnings can count`() async throws {
    try await onStage { stage in
      try stage.write(
        """
        {"version": 1, "destinations": {
          "hub": {"type": "webhook", "url": "${env:NOT_SET}/x", "secret": "${file:/none}", "headers": {"X": "${env:NONE}"}},
          "mail": {"type": "email", "server": "${env:MAIL_SERVER}", "from": "${env:FROM}", "to": "${env:TO}"}},
         "rules": [{"name": "a", "actions": [{"send": "hub"}, {"send": "mail"}]}]}
        """)
      #expect(try await stage.run("check", "rules.json").code == 78)
      let end = try await stage.run(
        arguments: ["check", "--no-secrets", "--strict", "rules.json"], without: ["DATATURE_VI_SECRET_KEY"])
      #expect(end.code == 0 && end.errors.isEmpty, "\(end.errors)")
      #expect(end.output == "rules.json: fine; rules: 1, destinations: 2\n")
      try stage.write(
        RulesText.hub.replacing("\"actions\": [", with: "\"actions\": [{\"run\": [\"no-such-program\"]}, "))
      #expect(try await stage.run("check", "rules.json").code == 0)
      #expect(try await stage.run("check", "--strict", "rules.json").code == 1)
      try stage.write(RulesText.hub.replacing("ENDPOINT/inbox/hub", with: "${env:oops"))
      let form = try await stage.run("check", "--no-secrets", "rules.json")
      #expect(form.code == 78 && form.errors.contains("destinations.hub.url"), "\(form.errors)")
    }
  }

  @Test func `before something is taken away that is waited for, the state is asked`() async throws {
    let inbox = ["hub": [ScriptedAnswer.status(503, times: nil)]]
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: inbox)) { stage in
      let rules = RulesText.hub.replacing("\"100ms\"", with: "\"100ms\", \"since\": \"all\"")
      try stage.write(rules)
      #expect(try await stage.run("--rules", "rules.json", "--once", "--state", "state.sqlite").code == 75)
      let arguments = ["check", "--strict", "--state", "state.sqlite", "rules.json"]
      #expect(try await stage.run(arguments: arguments).code == 0)
      try stage.write(rules.replacing("\"hub\"", with: "\"bub\"").replacing("\"ends\"", with: "\"finishes\""))
      let end = try await stage.run(arguments: arguments)
      #expect(end.code == 1)
      #expect(
        end.errors.contains("rules.json: warning: 1 delivery waits for destination hub, which this file doesn't have"),
        "\(end.errors)")
      #expect(end.errors.contains("1 delivery waits by rule ends, which this file doesn't have"))
      try stage.write(rules.replacing("{\"send\"", with: "{\"id\": \"step\", \"send\""))
      let step = try await stage.run(arguments: arguments + ["--output", "json"])
      let found = try step.json["diagnostics"]?.elements?.compactMap { $0[text: "message"] } ?? []
      #expect(found.count == 1 && found[0].hasPrefix("1 delivery waits by step actions[0] of rule ends"), "\(found)")
    }
  }
}
