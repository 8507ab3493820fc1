import FoundationEssentials
import JSONSource
import Simulator
import Testing

/// What a run says of itself is data everywhere: for the shell, in argv, in JSON, in chat and on a terminal.
@Suite(.timeLimit(.minutes(6))) struct HostileTextTests {
  static let texts = [
    "$(touch pwned)", "`touch pwned`", "'; touch pwned; '", "\"; touch pwned; \"", "| touch pwned &", "-rf", "--help",
    "a\ntouch pwned\nb", "a\r\nX-Evil: 1", "with \u{0} inside", "{{runId}} {{{message}}} {{#flow}}", "${env:SIGNING}",
    "<!channel> & <https://evil.example|click>", "*bold* _it_ ~no~ `code`", "🚀👩‍👩‍👧 é\u{301} \u{202E}txt",
    "\u{1B}[31mred\u{7}",
    "\\u0000 \\n \\", "\",\"phase\":\"succeeded", "../../etc/passwd", "%s%n %00", String(repeating: "x", count: 5_000),
  ]

  /// What people get to see of those that hold more than can be read.
  private static let readable = [
    "a\r\nX-Evil: 1": "a\nX-Evil: 1", "with \u{0} inside": "with  inside", "\u{1B}[31mred\u{7}": "red",
    "🚀👩‍👩‍👧 é\u{301} \u{202E}txt": "🚀👩‍👩‍👧 é\u{301} txt",
  ]

  /// The script notes its arguments and the environment without a shell's reading of them.
  private static let recorder = """
    #!/bin/sh
    printf '%s\\0' "$@" "$VI_FLOW" "$VI_MESSAGE" > args
    cat > stdin
    """

  private static let rules = """
    {"version": 1, "watch": {"since": "all"},
     "destinations": {"hub":  {"type": "webhook", "url": "ENDPOINT/inbox/hub", "timeout": "2m"},
                      "chat": {"type": "slack", "url": "ENDPOINT/inbox/chat", "timeout": "2m"}},
     "rules": [{"name": "ends", "actions": [
       {"send": "hub"}, {"send": "hub", "id": "own", "body": {"flow": "{{flow}}", "text": "<{{message}}>"}},
       {"send": "chat", "text": "{{flow}}: {{message}}"}, {"send": "chat", "id": "default"},
       {"run": ["./record.sh", "{{flow}}", "--is={{message}}"]},
       {"shell": "printf '%s' \\"$VI_FLOW\\" > shell.txt"}]}]}
    """

  @Test(arguments: texts)
  func `a run's words arrive everywhere as they are and do nothing`(_ text: String) async throws {
    let scenario = Scenario(runs: [.ended("run_a", .failed, flow: text, message: text)])
    try await onStage(scenario, environment: ["SIGNING": "a-secret"]) { stage in
      try stage.write(Self.rules)
      try stage.write(Self.recorder, to: "record.sh", mode: 0o755)
      let end = try await stage.run("--rules", "rules.json", "--once")
      #expect(end.code == 0, "\(end.errors)")
      try expectWebhooks(stage, text)
      try expectChat(stage, text)
      expectHooks(stage, text)
      #expect(stage.read("pwned") == nil)
      expectPlain(end.errors)
      let show = try await stage.run("runs", "list")
      expectPlain(show.output)
      #expect(show.output.split(separator: "\n").count == 2)
      expectPlain(try await stage.run("runs", "get", "run_a").output)
      let list = try await stage.run("runs", "list", "--output", "json")
      #expect(try list.rows.first?[text: "flow"] == text)
    }
  }

  private func expectWebhooks(_ stage: Stage, _ text: String) throws {
    let bodies = try stage.simulator.inbox("hub").map { try $0.json }
    #expect(bodies.count == 2)
    let event = try #require(bodies.first { $0["data"] != nil })
    #expect(event[text: "data.flow"] == text)
    #expect(event[text: "data.message"] == text)
    #expect(event[text: "data.phase"] == "failed")
    let own = try #require(bodies.first { $0["data"] == nil })
    #expect(own.members?.map(\.key) == ["flow", "text"])
    #expect(own[text: "flow"] == text)
    #expect(own[text: "text"] == "<\(text)>")
  }

  private func expectChat(_ stage: Stage, _ text: String) throws {
    let posts = try stage.simulator.inbox("chat").map { try $0.json[text: "text"] ?? "" }
    #expect(posts.count == 2)
    let escaped = String(
      (Self.readable[text] ?? text).unicodeScalars.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;"][$0] ?? String($0) }
        .joined())
    #expect(posts.contains("\(escaped): \(escaped)"))
    // Our own words name no more of a flow than its first hundred characters, so that there is room for the link.
    #expect(posts.allSatisfy { $0.contains(escaped.prefix(100)) })
    #expect(!posts.contains { $0.contains("<!channel>") || $0.contains("<https://evil") })
  }

  /// A C string can't hold NUL.
  private func expectHooks(_ stage: Stage, _ text: String) {
    let passed = text.replacing("\0", with: "\u{FFFD}")
    #expect(stage.read("args") == [passed, "--is=\(passed)", passed, passed].map { "\($0)\0" }.joined())
    #expect(stage.read("shell.txt") == passed)
    let event = try? JSONDocument(parsing: Array((stage.read("stdin") ?? "").utf8)).root
    #expect(event?[text: "data.flow"] == text)
  }

  /// Nothing that moves the cursor, rings or colours.
  private func expectPlain(_ output: String) {
    let control = output.unicodeScalars.first { ($0.value < 0x20 && $0 != "\n") || (0x7F...0x9F).contains($0.value) }
    #expect(control == nil, "\(output.debugDescription)")
  }

  /// One environment entry can't be larger than the kernel takes, and a message may be.
  @Test func `a message of a megabyte reaches a hook whole on stdin, and is cut elsewhere`() async throws {
    let text = String(repeating: "long message ", count: 80_000)
    try await onStage(Scenario(runs: [.ended("run_a", .failed, message: text)])) { stage in
      try stage.write(Self.rules.replacing("--is={{message}}", with: "x"))
      try stage.write(Self.recorder, to: "record.sh", mode: 0o755)
      let end = try await stage.run("--rules", "rules.json", "--once")
      #expect(end.code == 0)
      let event = try JSONDocument(parsing: Array((stage.read("stdin") ?? "").utf8)).root
      #expect(event[text: "data.message"] == text)
      let posts = try stage.simulator.inbox("chat").map { try $0.json[text: "text"] ?? "" }
      #expect(posts.count == 2)
      #expect(posts.allSatisfy { $0.count < 40_000 })
      let rows = try await stage.run("deliveries", "list", "--output", "json").rows
      let other = rows.filter { $0[text: "status"] != "delivered" }
      #expect(other.isEmpty, "\(other.map { [$0[text: "destination"], $0[text: "status"], $0[text: "reason"]] })")
    }
  }

  @Test func `what a hook prints can't take over the terminal of who reads it`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(RulesText.shell("printf '\\033[2J\\007evil\\r\\033]0;title\\n'; exit 1"))
      let end = try await stage.run("--rules", "rules.json", "--once", "--since", "all", "--log-level", "info")
      expectPlain(end.errors)
      #expect(end.errors.contains("evil"))
      let id = try #require(try await stage.run("deliveries", "list", "--output", "json").rows.first?[text: "id"])
      let attempt = try await stage.run("deliveries", "show", id, "--output", "json").json["attemptLog"]?.elements?
        .first
      #expect(attempt?[text: "output"]?.contains("\u{1B}[2J\u{7}evil\r") == true)
      let show = try await stage.run("deliveries", "show", id)
      expectPlain(show.output)
      #expect(show.output.contains("evil"))
    }
  }
}
