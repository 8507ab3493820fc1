import JSONSource
import Simulator
import Testing

@testable import vi_notify

/// What strangers write reaches a terminal as text, whichever way it takes.
@Suite(.timeLimit(.minutes(6))) struct TerminalTests {
  private static let hostile = "a\u{1B}]0;title\u{7}b\u{9B}31mc\u{7F}\u{202E}d\r\u{2028}e"

  private func expectPlain(_ text: String, _ place: String) {
    let found = text.unicodeScalars.first { $0 != "\n" && $0.isObeyed }
    #expect(found == nil, "\(place): \(text.debugDescription)")
  }

  @Test(arguments: [
    ScriptedAnswer.status(200, headers: ["Content-Type": "text/\u{1B}]0;x\u{7}"], body: "x", times: nil),
    .status(404, headers: ["x-cloud-trace-context": "\u{1B}[2J\u{1B}]0;x\u{7}"], body: "{}", times: nil),
    .status(
      500, headers: ["x-cloud-trace-context": "\u{1B}[2J"], body: #"{"message": "\u001b[31m\u009b2J\u202e"}"#,
      times: nil),
  ])
  func `headers and messages of a hostile API`(_ answer: ScriptedAnswer) async throws {
    try await onStage(Scenario(runs: [.running("run_a")], faults: [Fault(answer)])) { stage in
      try stage.write(RulesText.hub)
      for command in [
        ["runs", "list"], ["runs", "get", "run_a"], ["models", "list", "run_a"], ["--rules", "rules.json", "--once"],
      ] {
        let end = try await stage.run(arguments: command)
        #expect(end.code != 0 && !end.errors.isEmpty)
        expectPlain(end.errors + end.output, "\(command)")
      }
    }
  }

  /// The name of a rule may hold neither C0 nor DEL.
  @Test func `everything that a run, a hook, a rule and an argument can say`() async throws {
    let run = ScriptedRun.ended("run_a", .failed, flow: Self.hostile, reason: Self.hostile, message: Self.hostile)
    try await onStage(Scenario(runs: [run])) { stage in
      let member = JSONWriter.object { $0.member("name", "a\u{9B}31mb\u{202E}c") }
      let name = String(decoding: member, as: UTF8.self).dropFirst().dropLast()
      try stage.write(
        """
        {"version": 1, "watch": {"since": "all"}, "rules": [{\(name), "actions": [
          {"shell": "printf '\\\\033]0;t\\\\007\\\\233x\\\\r\\\\n\\\\302\\\\233x'; exit 1"}]}]}
        """)
      let watch = try await stage.run("--rules", "rules.json", "--once", "--log-level", "info")
      #expect(watch.code == 1 && watch.errors.contains("hook wrote"), "\(watch.errors.debugDescription)")
      expectPlain(watch.errors, "the log")
      let id = try #require(try await stage.run("deliveries", "list", "--output", "json").rows.first?[text: "id"])
      try stage.write(try await stage.run("runs", "get", "run_a", "--output", "json").output, to: "run.json")
      for command in [
        ["runs", "list"], ["runs", "get", "run_a"], ["runs", "wait", "run_a"], ["deliveries", "list"],
        ["deliveries", "show", id], ["deliveries", "show", Self.hostile], ["deliveries", "replay", Self.hostile],
        ["explain", "run_a"], ["explain", Self.hostile], ["test", "rules.json", "--run", "run.json"],
        ["test", "rules.json", "--run", "run.json", "--expect", Self.hostile], ["check", Self.hostile],
        ["check", "rules.json"], ["--\(Self.hostile)"], [Self.hostile], ["runs", "get", Self.hostile],
      ] {
        let end = try await stage.run(arguments: command)
        #expect(!(end.errors + end.output).isEmpty)
        expectPlain(end.errors + end.output, "\(command.first ?? "")")
      }
    }
  }

  /// `script` gives a command a terminal of its own, which adds carriage returns.
  @Test func `JSON keeps its value on a terminal, and shows it nothing to obey`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a", .failed, flow: Self.hostile)])) { stage in
      for command in ["runs list --output json", "runs get run_a --output json"] {
        let shown = try await stage.shell(
          "exec script -qec \"$1 \(command)\" /dev/null", ["sh", Binary.path], with: ["NO_COLOR": "1"])
        let text = shown.output.replacing("\r\n", with: "\n")
        expectPlain(text, command)
        let json = try JSONDocument(parsing: Array(text.utf8)).root
        let piped = try await stage.shell("exec \"$1\" \(command)", ["sh", Binary.path]).json
        #expect(json.elements?.first?[text: "flow"] == piped.elements?.first?[text: "flow"])
        if let run = piped.elements?.first { #expect(run[text: "flow"] == Self.hostile) }
      }
    }
  }
}

struct LineTests {
  @Test func `what is put into a line is cleaned, and what we wrote ourselves is not`() {
    let hostile = "a\u{1B}[31m\nb\u{202E}é😀"
    #expect(("\n> \(hostile) <\u{1B}" as Line).text == "\n> a [31m b é😀 <\u{1B}")
    #expect(
      ("\(Line("x", between: ("\u{1B}[31m", "\u{1B}[0m"))) \(hostile.prefix(2))" as Line).text
        == "\u{1B}[31mx\u{1B}[0m a ")
    #expect(Line("plain").text == "plain")
  }

  @Test func `JSON for a terminal has the same value`() throws {
    let text = "\u{7F}\u{85}\u{9B}31m\u{200F}\u{2028}\u{202E}é😀\u{0}\u{1B}"
    let json = JSONWriter.object { $0.member("a", text) }
    let shown = Line.json(Array("\r\n\t".utf8) + json)
    #expect(try JSONDocument(parsing: shown).root[text: "a"] == text)
    #expect(!String(decoding: shown, as: UTF8.self).unicodeScalars.contains { $0.isObeyed && $0 != "\n" && $0 != "\t" })
    #expect(Line.json(Array("{\"a\": 1}".utf8)) == Array("{\"a\": 1}".utf8))
  }
}

struct LineQueueTests {
  private func text(_ chunk: LineQueue.Chunk?) -> String? {
    chunk.map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  @Test func `what waits is taken at once and in order`() {
    var queue = LineQueue()
    #expect(queue.take() == nil)
    queue.add("a")
    queue.addForSure("b")
    #expect(text(queue.take()) == "a\nb\n")
    #expect(queue.take() == nil)
  }

  @Test func `what doesn't fit is counted, and nothing more is taken before that was said`() {
    var queue = LineQueue()
    for index in 0..<LineQueue.most.lines + 3 { queue.add("\(index)") }
    let first = queue.take()
    #expect(first?.lines == LineQueue.most.lines)
    queue.add("dropped too")
    #expect(
      text(queue.take())
        == "vi-notify: warning: log lines dropped here: 4; stderr was not read or not writable\n")
    queue.add("flows again")
    #expect(text(queue.take()) == "flows again\n")
  }

  @Test func `bytes are bounded, and lines of them`() {
    var queue = LineQueue()
    let long = String(repeating: "é", count: LineQueue.longest)
    for _ in 0..<100 { queue.add(long) }
    let chunk = queue.take()
    #expect((chunk?.bytes.count ?? 0) <= LineQueue.most.bytes)
    #expect(text(chunk)?.hasSuffix("é…\n") == true)
    #expect(text(chunk)?.contains("\u{FFFD}") == false)
  }

  @Test func `a failure's words are never dropped, and stand behind what was`() {
    var queue = LineQueue()
    for _ in 0..<LineQueue.most.lines + 1 { queue.add("") }
    queue.addForSure("the end")
    #expect(
      text(queue.take())?.hasSuffix(
        "vi-notify: warning: log lines dropped here: 1; stderr was not read or not writable\nthe end\n")
        == true)
  }

  @Test func `what could not be written is counted, once`() {
    var queue = LineQueue()
    for _ in 0..<3 {
      queue.add("lost")
      if let chunk = queue.take() { queue.drop(chunk) }
    }
    #expect(text(queue.take())?.contains(" here: 3;") == true)
    #expect(queue.take() == nil)
  }

  @Test func `the live line stands below what is said, and goes when it is empty`() {
    var queue = LineQueue()
    queue.show(live: "one")
    queue.show(live: "two")
    #expect(text(queue.take()) == "\r\u{1B}[2Ktwo")
    queue.show(live: "two")
    #expect(queue.take() == nil)
    queue.add("said")
    #expect(text(queue.take()) == "\r\u{1B}[2Ksaid\ntwo")
    queue.show(live: "")
    #expect(text(queue.take()) == "\r\u{1B}[2K")
    queue.add("plain")
    #expect(text(queue.take()) == "plain\n")
  }

  @Test func `explain and show break their lines between words, within the terminal`() async throws {
    let message = Array(repeating: "CUDA out of memory while reducing gradients", count: 5).joined(separator: ", ")
    try await onStage(Scenario(runs: [.ended("run_a", .failed, flow: "detector", message: message)])) { stage in
      try stage.write(
        #"""
        {"version": 1, "watch": {"since": "all"}, "destinations": {
          "hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}},
          "rules": [{"name": "say-what-has-failed-and-go-on", "on": ["failed"], "actions": [
            {"id": "first", "send": "hub", "then": [{"id": "second", "send": "hub"}]}]}]}
        """#)
      #expect(try await stage.run("--rules", "rules.json", "--once", "--state", "here.sqlite").code == 0)
      let list = try await stage.run("deliveries", "list", "--output", "json", "--state", "here.sqlite")
      let id = try #require(list.rows.first?[text: "id"])
      for command in ["explain run_a", "deliveries show \(id)"] {
        let shown = try await stage.shell(
          "exec script -qec \"stty cols 80; $1 \(command) --state here.sqlite\" /dev/null", ["sh", Binary.path],
          with: ["NO_COLOR": "1"])
        let lines = shown.output.replacing("\r\n", with: "\n").split(separator: "\n")
        #expect(lines.count > 8)
        for line in lines { #expect(line.count <= 80, "\(line)") }
        let piped = try await stage.run(
          arguments: command.split(separator: " ").map(String.init) + ["--state", "here.sqlite"])
        #expect(piped.output.contains(message.prefix(190)), "in a pipe nothing is broken")
      }
    }
  }

}
