import Glibc
import JSONSource
import Simulator
import Testing

@testable import vi_notify

/// Lists: how much of them is shown, how they fit a terminal, and how what they show is named again.
@Suite(.timeLimit(.minutes(6))) struct ListingTests {
  private static let rules = """
    {"version": 1, "watch": {"since": "all"},
     "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"},
       "a-destination-with-a-long-name": {"type": "webhook", "url": "ENDPOINT/inbox/no"}},
     "rules": [{"name": "tell", "actions": [{"send": "hub"}]},
       {"name": "a rule with a long name", "on": "failed",
        "actions": [{"send": "a-destination-with-a-long-name", "id": "the-action"}]}]}
    """

  private func onFilledStage(_ body: (Stage) async throws -> Void) async throws {
    let runs = (1...59).map { ScriptedRun.ended("run_\($0)", ago: 100_000 - Int64($0), flow: "検出器モデル-\($0)") }
    let failed = ScriptedRun.ended("run_bad", .failed, message: String(repeating: "out of memory ", count: 20))
    try await onStage(Scenario(runs: runs + [failed], inbox: ["no": [.status(404, times: nil)]])) { stage in
      try stage.write(Self.rules)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 1)
      try await body(stage)
    }
  }

  /// What a command prints on a terminal of so many columns.
  private func screen(_ stage: Stage, _ command: String, columns: Int, with extra: [String: String] = [:]) async throws
    -> [String]
  {
    let end = try await stage.shell(
      "script -qec \"$0\" /dev/null", ["\(Binary.path) \(command) 2>messages"],
      with: ["COLUMNS": "\(columns)", "TERM": "xterm"].merging(extra) { $1 })
    #expect(end.code == 0, "\(end.errors)")
    let lines = end.output.split(whereSeparator: \.isNewline).map(String.init)
    try #require(lines.count > 1, "\(end.output) \(stage.read("messages") ?? "")")
    return lines
  }

  /// Without colours.
  private func plain(_ line: String) -> String {
    line.replacing(/\u{1B}\[[0-9]+m/, with: "")
  }

  @Test func `fifty are listed, or as many as asked for, and how many there are is said`() async throws {
    try await onFilledStage { stage in
      func list(_ arguments: String...) async throws -> End {
        try await stage.run(arguments: ["deliveries", "list", "--output", "json"] + arguments)
      }
      let some = try await list()
      #expect(try some.rows.count == 50)
      #expect(some.errors.contains("showing the newest 50 of 61; --limit N or --all shows more"))
      #expect(try await list("--limit", "3").rows.count == 3)
      let all = try await list("--all")
      #expect(try all.rows.count == 61 && all.errors.isEmpty)
      #expect(try await list("--destination", "hub", "--limit", "60", "--since", "1h").rows.count == 60)
      #expect(try await list("--since", "2000-01-01T00:00:00Z", "--status", "dead").rows.count == 1)
      let none = try await stage.run("deliveries", "list", "--status", "pending")
      #expect(none.code == 0 && none.output.isEmpty && none.errors.contains("no delivery is like that"))
      #expect(try await list("--since", "now").output == "[]\n")
      #expect(try await list("--limit", "0").code == 64)
      let runs = try await stage.run("runs", "list")
      #expect(runs.errors.contains("showing the newest 50; --limit N or --all shows more"), "\(runs.errors)")
    }
  }

  @Test func `a beginning that is unique is as good as the whole id`() async throws {
    try await onFilledStage { stage in
      let id = try #require(
        try await stage.run("deliveries", "list", "--status", "dead", "--output", "json").rows.first?[text: "id"])
      #expect(
        try await stage.run("deliveries", "show", String(id.dropLast(9)), "--output", "json").json[text: "id"] == id)
      for command in [["deliveries", "show"], ["deliveries", "replay"]] {
        let many = try await stage.run(arguments: command + ["msg_"])
        #expect(many.code == 1 && many.errors.contains("several ids begin with msg_: msg_"), "\(many.errors)")
        #expect(many.errors.contains("and others; write more of the one you mean"), "\(many.errors)")
      }
      #expect(try await stage.run("explain", "run_ba").output.contains("Run run_bad"))
      let silence = try await stage.run("silence", "add", "--for", "1h", "--reason", "a test")
      let name = silence.output.split(separator: "\n").first.map(String.init) ?? ""
      #expect(try await stage.run("silence", "end", String(name.prefix(8))).code == 0)
      #expect(try await stage.run("silence", "end", name).errors.contains("nothing is silenced"))
    }
  }

  @Test(arguments: [80, 60, 132])
  func `tables fit the terminal, whatever is in them`(_ columns: Int) async throws {
    try await onFilledStage { stage in
      for command in ["deliveries list", "runs list", "deliveries list --status dead"] {
        let lines = try await screen(stage, command, columns: columns)
        for line in lines { #expect(plain(line).terminalWidth <= columns, "\(line)") }
      }
      let lines = try await screen(stage, "deliveries list --status dead", columns: columns)
      #expect(lines[0].hasPrefix("DELIVERY"))
      #expect(lines[1].contains("\u{1B}[31mdead"), "\(lines[1])")
      #expect(["ago", "now"].contains { plain(lines[1]).contains($0) })
      if columns == 132 { #expect(plain(lines[1]).contains("the-action")) }
      #expect(plain(lines[1]).contains("…"))
      // What the table shows of an id can be typed.
      let id = try #require(plain(lines[1]).split(separator: " ").first).lowercased()
      #expect(try await stage.run("deliveries", "show", id).code == 0)
      let bare = try await screen(stage, "deliveries list", columns: columns, with: ["NO_COLOR": "1"])
      #expect(bare == bare.map(plain))
      let runs = try await screen(stage, "runs list", columns: columns)
      #expect(runs[0].contains("CREATED"), "\(runs[0])")
      if columns == 132 { #expect(runs.contains { plain($0).contains("1 sent, 1 dead") }, "\(runs)") }
    }
  }

  @Test func `in a pipe a table is whole, with local times and their offset`() async throws {
    try await onFilledStage { stage in
      let end = try await stage.run(
        "deliveries", "list", "--status", "dead", with: ["TZ": "IST-5:30", "COLUMNS": "40", "TERM": "xterm"])
      let lines = end.output.split(separator: "\n")
      try #require(lines.count > 1, "\(end.errors)")
      #expect(
        lines[0].split(separator: " ").map(String.init) == [
          "DELIVERY", "STATUS", "RUN", "RULE", "ACTION", "DESTINATION", "ATTEMPTS", "CREATED", "NEXT", "REASON",
        ])
      for word in [
        "run_bad", "a rule with a long name", "the-action", "a-destination-with-a-long-name", "404", "+05:30",
      ] {
        #expect(lines[1].contains(word), "\(lines[1])")
      }
      #expect(!end.output.contains("…") && !end.output.contains("\u{1B}"))
      let json = try await stage.run("deliveries", "list", "--output", "json", with: ["TZ": "IST-5:30"])
      #expect(try json.rows.allSatisfy { $0[text: "createdAt"]?.hasSuffix("Z") == true })
    }
  }

  @Test(arguments: [
    ("abc", 3), ("検出器", 6), ("e\u{301}", 1), ("👩‍🚀", 2), ("✓", 1), ("❤️", 2), ("ｶﾅ", 2), ("한글", 4), ("🇸🇬x", 3),
    ("\u{200B}", 0),
  ])
  func `characters are measured as terminals show them`(_ text: String, _ width: Int) {
    #expect(text.terminalWidth == width)
  }

  @Test func `a text is cut between characters`() {
    #expect("検出器".cut(toWidth: 6) == "検出器")
    #expect("検出器".cut(toWidth: 5) == "検出…")
    #expect("検出器".cut(toWidth: 4) == "検…")
    #expect("abc".cut(toWidth: 1) == "…")
    #expect("abc".cut(toWidth: 0) == "")
    #expect(
      4_958.grouped == "4,958" && 12.grouped == "12" && 1_234_567.grouped == "1,234,567" && (-1_000).grouped == "-1,000"
    )
  }
}
