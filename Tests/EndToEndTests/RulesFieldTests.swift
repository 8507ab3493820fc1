import FoundationEssentials
import JSONSource
import Simulator
import Testing

/// Rules files that people wrote, and what became of them.
@Suite(.timeLimit(.minutes(6))) struct RulesFieldTests {
  private static let blocks = """
    {"version": 1, "destinations": {"chat": {"type": "slack", "url": "ENDPOINT/inbox/chat"}},
     "rules": [{"name": "blocks", "on": "terminal", "actions": [{"send": "chat", "body": {
       "text": "{{flow}} {{phase}}",
       "blocks": [
         {"type": "header", "text": {"type": "plain_text", "text": "{{flow}} {{message}}"}},
         {"type": "section", "text": {"type": "mrkdwn", "text": "*{{flow}}* {{message}}"}},
         {"type": "section", "fields": [{"type": "mrkdwn", "text": "{{message}}"}]}]}}]}]}
    """

  private static let trace = (0..<80).map {
    #"  File "/opt/step_\#($0).py", in <module> raise Error("CUDA \"oom\" & {x}")"# + "\n"
  }
  .joined()

  @Test func `a message of 9 kB fits into each place of a Slack message`() async throws {
    let run = ScriptedRun.ended("run_a", .failed, flow: "shelf & <detector>", message: Self.trace)
    try await onStage(Scenario(runs: [run])) { stage in
      try stage.write(Self.blocks)
      let end = try await stage.run("--rules", "rules.json", "--once", "--since", "all")
      #expect(end.code == 0, "\(end.errors)")
      let blocks = try #require(try stage.simulator.inbox("chat").first?.json["blocks"]?.elements)
      let texts = [
        blocks[0][text: "text.text"], blocks[1][text: "text.text"], blocks[2]["fields"]?.elements?[0][text: "text"],
      ]
      for (text, most) in zip(texts, [150, 3_000, 2_000]) {
        let text = try #require(text)
        #expect(text.utf16.count <= most && text.utf16.count > most - 10 && text.hasSuffix("…"))
      }
      // What `test` shows is what goes out.
      let run = try await stage.run("runs", "get", "run_a", "--output", "json")
      try stage.write(run.output, to: "run.json")
      let shown = try await stage.run("test", "rules.json", "--run", "run.json", "--output", "json")
      let body = try #require(try shown.json["deliveries"]?.elements?.first?["request"]?["body"])
      #expect(body["blocks"]?.elements?[0][text: "text.text"] == texts[0])
    }
  }

  private func check(_ stage: Stage, _ members: String, without missing: Set<String> = []) async throws -> (
    Int?, [String]
  ) {
    try stage.write(#"{"version": 1, \#(members)}"#)
    let end = try await stage.run(arguments: ["check", "rules.json", "--output", "json"], without: missing)
    let diagnostics = try end.json["diagnostics"]?.elements ?? []
    return (end.code, diagnostics.map { "\($0[text: "severity"] ?? ""): \($0[text: "message"] ?? "")" })
  }

  @Test func `check warns of what isn't there, and of what nobody uses`() async throws {
    try await onStage { stage in
      try stage.write("#!/bin/sh\n", to: "plain.sh", mode: 0o644)
      try stage.write("#!/bin/sh\n", to: "fine.sh", mode: 0o755)
      let (code, told) = try await check(
        stage,
        #"""
        "destinations": {"unused": {"type": "webhook", "url": "https://x.example/"}},
        "rules": [{"name": "r", "actions": [
          {"run": ["./none.sh"]}, {"run": ["./plain.sh"]}, {"run": ["no-such-program-anywhere"]}, {"run": ["/no/such/program"]},
          {"run": ["./x"], "workingDirectory": "/no/such/directory"}, {"shell": "x", "workingDirectory": "\#(stage.path("fine.sh"))"},
          {"run": ["./fine.sh"]}, {"run": ["sh", "-c", "x"]}, {"run": ["{{flow}}"]}, {"run": ["./fine.sh"], "workingDirectory": "\#(stage.directory)"},
          {"run": ["elsewhere"], "env": {"PATH": "/opt"}},
          {"shell": "x", "onFailure": [{"run": ["./later.sh"]}]}]}]
        """#)
      #expect(code == 0)
      let start = "warning: this hook can't start:"
      let here = stage.directory
      #expect(
        told == [
          #"warning: no rule sends anything to "unused""#, "\(start) \(here)/./none.sh does not exist",
          "\(start) \(here)/./plain.sh is not executable: chmod +x it",
          "\(start) no-such-program-anywhere is in no directory of PATH (\(stage.environment["PATH"] ?? ""))",
          "\(start) /no/such/program does not exist",
          "\(start) the working directory /no/such/directory does not exist",
          "\(start) the working directory \(here)/fine.sh is not a directory",
          "\(start) \(here)/./later.sh does not exist",
        ])
    }
  }

  @Test func `without HOME a download says where it goes, by a path that needs none`() async throws {
    try await onStage { stage in
      func rule(_ download: String) -> String {
        #""rules": [{"name": "r", "on": "succeeded", "actions": [{"download": \#(download)}]}]"#
      }
      for (download, told) in [
        (
          "{}",
          #"rules[0].actions[0].download needs "to": HOME is not set, and models would go to ~/.datature/vi/models"#
        ),
        (#"{"to": "~/models"}"#, "rules[0].actions[0].download.to begins with ~, and HOME is not set"),
      ] {
        let without = try await check(stage, rule(download), without: ["HOME"])
        #expect(without == (78, ["error: \(told)"]))
        let watch = try await stage.run(
          arguments: ["--rules", "rules.json", "--once", "--state", "state.sqlite"], without: ["HOME"])
        #expect(watch.code == 78 && watch.errors.contains(told), "\(watch.errors)")
        #expect(try await check(stage, rule(download)) == (0, []))
      }
      #expect(try await check(stage, rule(#"{"to": "/models"}"#), without: ["HOME"]) == (0, []))
    }
  }

  @Test func `an address that nothing is sent to is told before anything is`() async throws {
    try await onStage { stage in
      func file(_ members: String) -> String {
        #""destinations": {"d": {"type": "webhook", \#(members)}}, "rules": [{"name": "r", "actions": [{"send": "d"}]}]"#
      }
      for (members, address) in [
        (#""url": "http://169.254.169.254/latest""#, "169.254.169.254"), (#""url": "http://[fe80::1]/""#, "fe80::1"),
        (#""url": "http://127.0.0.1:80/", "allowPrivate": false"#, "127.0.0.1"),
        (#""url": "http://localhost/", "allowPrivate": false"#, "127.0.0.1"),
      ] {
        let told = try await check(stage, file(members))
        #expect(told == (78, ["error: destinations.d.url leads to \(address), where nothing is sent to"]))
      }
      #expect(try await check(stage, file(#""url": "http://127.0.0.1/""#)) == (0, []))
    }
  }

  @Test func `the example does what it says as it is shipped`() async throws {
    let runs = [
      ScriptedRun.ended("run_good", .succeeded, flow: "prod-inspection"),
      ScriptedRun.ended("run_bad", .failed, flow: "detector", message: "\u{1B}[31mout of memory\u{1B}[0m"),
    ]
    try await onStage(Scenario(runs: runs)) { stage in
      let example = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/rules.example.json"
      let variables = [
        "SLACK_WEBHOOK_URL": stage.simulator.endpoint + "/inbox/chat",
        "REGISTRY_WEBHOOK_URL": stage.simulator.endpoint + "/inbox/registry",
        "REGISTRY_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      ]
      let end = try await stage.run("--rules", example, "--until-done", "--since", "all", with: variables)
      #expect(end.code == 0, "\(end.errors)")
      #expect(!end.errors.contains("warning"), "\(end.errors)")
      let told = try stage.simulator.inbox("chat").compactMap { try $0.json[text: "text"] }
      #expect(
        told.contains { $0.hasPrefix("*detector* failed") && $0.contains(": out of memory (run_bad)") }, "\(told)")
      let model = stage.path(".datature/vi/models/run_good")
      #expect(told.contains("*prod-inspection* is out: run_good is in \(model)"), "\(told)")
      #expect(FileManager.default.fileExists(atPath: "\(model)/model_full/run.json"))
    }
  }
}
