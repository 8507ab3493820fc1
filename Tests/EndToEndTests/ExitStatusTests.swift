import Glibc
import Simulator
import Testing

/// What can't work is said before anything is begun, with a status that scripts can tell apart.
@Suite(.timeLimit(.minutes(6))) struct ExitStatusTests {
  /// Rules with a ▸ before each mistake.
  struct BadRules: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let marked: String

    init(_ description: String, _ marked: String) {
      testDescription = description
      self.marked = marked
    }

    var text: String { marked.replacing("▸", with: "") }
    /// `LINE:COLUMN` of every mistake.
    var places: [String] {
      marked.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { number, line in
        line.split(separator: "▸", omittingEmptySubsequences: false).dropLast().reduce(into: [Int]()) { columns, part in
          columns.append((columns.last ?? 1) + part.count)
        }.map { "\(number + 1):\($0)" }
      }
    }
  }

  static let badRules = [
    BadRules("empty", "▸"), BadRules("no JSON", "▸version: 1\nrules: []\n"), BadRules("a list", "▸[]"),
    BadRules(
      "cut short",
      """
      {"version": 1,
       "rules": ▸[{"name": "a", "actions": [{"shell": "true"}]}
      """),
    BadRules(
      "many mistakes",
      """
      {"version": ▸2,
       ▸"wacth": {},
       "destinations": {
         "hub": {"type": ▸"webbook", "url": "ENDPOINT/inbox/hub"},
         "chat": {"type": "slack", "url": ▸"${env:NOT_SET_ANYWHERE}"}},
       "rules": [
         {"name": "a", "on": ▸"suceeded", "actions": [{"send": ▸"nobody"}]},
         {"name": "b", "actions": [{"shell": ▸"echo {{flow}}"}]}]}
      """),
  ]

  @Test(arguments: badRules, [["watch", "--rules"], ["check"]])
  func `a rules file with mistakes is refused with every mistake's place`(
    _ bad: BadRules, _ command: [String]
  ) async throws {
    try await onStage { stage in
      try stage.write(bad.text)
      let end =
        command == ["check"]
        ? try await stage.run("check", "rules.json") : try await stage.run("watch", "--rules", "rules.json")
      #expect(end.code == 78)
      #expect(places(end.errors) == bad.places, "\(end.errors)")
      #expect(end.output.isEmpty)
      #expect(stage.simulator.requestCount() == 0)
      #expect(stage.read(".local/state/vi-notify/state.sqlite") == nil)
    }
  }

  /// Of the lines `rules.json:LINE:COLUMN: error: text`.
  private func places(_ errors: String) -> [String] {
    errors.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 4)
      guard parts.count == 5, parts[0] == "rules.json", parts[3] == " error", parts[4].count > 5 else { return nil }
      return "\(parts[1]):\(parts[2])"
    }
  }

  @Test func `a mistyped word is answered with what was meant`() async throws {
    try await onStage { stage in
      try stage.write(Self.badRules[4].text)
      let errors = try await stage.run("check", "rules.json").errors
      for meant in ["\"watch\"", "\"webhook\"", "\"succeeded\"", "NOT_SET_ANYWHERE"] {
        #expect(errors.contains(meant), "\(errors)")
      }
    }
  }

  @Test(arguments: ["nowhere.json", "."])
  func `rules that are no file to read are refused by name`(_ file: String) async throws {
    try await onStage { stage in
      let end = try await stage.run("--rules", file)
      #expect(end.code == 78)
      #expect(end.errors.contains("the rules file \(file) can't be read"), "\(end.errors)")
    }
  }

  @Test(arguments: [
    ["--rules", "rules.json"], ["runs", "list"], ["runs", "get", "run_a"], ["runs", "wait", "run_a"],
  ])
  func `missing credentials are named, all of them`(_ command: [String]) async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub)
      let variables: Set = ["DATATURE_VI_SECRET_KEY", "DATATURE_VI_ORGANIZATION_ID"]
      let end = try await stage.run(arguments: command, without: variables)
      #expect(end.code == 78)
      for variable in variables { #expect(end.errors.contains(variable), "\(end.errors)") }
      let one = try await stage.run(arguments: command, without: ["DATATURE_VI_SECRET_KEY"])
      #expect(one.code == 78)
      #expect(!one.errors.contains("ORGANIZATION"), "\(one.errors)")
    }
  }

  @Test(arguments: [
    ("DATATURE_VI_SECRET_KEY", "dtvi_wrong", "401"), ("DATATURE_VI_ORGANIZATION_ID", "someone-else", "403"),
  ])
  func `credentials that are refused at the first request end the watcher`(
    _ variable: String, _ value: String, _ status: String
  ) async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let end = try await stage.run("--rules", "rules.json", with: [variable: value])
      #expect(end.code == 77)
      #expect(end.errors.contains(status) && end.errors.contains(variable), "\(end.errors)")
      #expect(try await stage.run("runs", "list", with: [variable: value]).code == 77)
      #expect(stage.simulator.requestCount() == 2)
    }
  }

  @Test func `a state that another program has locked is waited for, and then all goes on`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      let lock = try WriteLock(onState: stage.path(".local/state/vi-notify/state.sqlite"))
      stage.simulator.move("run_a", to: .succeeded)
      try await watch.says(
        #"msg="the state can't be read or written at this moment; waiting for it" process=\#(getpid())"#)
      #expect(stage.simulator.inbox("hub").isEmpty)
      lock.release()
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
    }
  }

  @Test func `a watcher that waits for a locked state ends soon when it is told to, and nothing is lost by it`()
    async throws
  {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      let lock = try WriteLock(onState: stage.path(".local/state/vi-notify/state.sqlite"))
      stage.simulator.move("run_a", to: .succeeded)
      try await watch.says("the state can't be read or written")
      watch.send(SIGTERM)
      let end = try await watch.end()
      lock.release()
      #expect(end.code == 0, "\(end.errors)")
      #expect(stage.simulator.inbox("hub").isEmpty)
      #expect(try await stage.run("--rules", "rules.json", "--until-done").code == 0)
      #expect(stage.simulator.inbox("hub").count == 1)
    }
  }

  /// Takes the whole minute that a lock is waited for.
  @Test func `a state that stays locked ends the watcher with "try again later", and says who has it`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      let lock = try WriteLock(onState: stage.path(".local/state/vi-notify/state.sqlite"))
      stage.simulator.move("run_a", to: .succeeded)
      let end = try await watch.end()
      lock.release()
      #expect(end.code == 75)
      #expect(end.errors.contains("state.sqlite is locked for writing by process \(getpid())"), "\(end.errors)")
      #expect(stage.simulator.inbox("hub").isEmpty)
    }
  }

  @Test(arguments: ["", "-wal"])
  func `a state whose files are removed under the watcher ends it, and what it can't write down it doesn't send`(
    _ suffix: String
  ) async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json", "--state", "state.sqlite")
      try await watch.says("first start")
      #expect(unlink(stage.path("state.sqlite\(suffix)")) == 0)
      stage.simulator.move("run_a", to: .succeeded)
      let end = try await watch.end()
      #expect(end.code == 73)
      #expect(end.errors.contains("state.sqlite can't be used any more"), "\(end.errors)")
      #expect(stage.simulator.inbox("hub").isEmpty)
      guard suffix == "-wal" else { return }
      // What the log held was saved: the run's end is told by the next start.
      #expect(try await stage.run("--rules", "rules.json", "--until-done", "--state", "state.sqlite").code == 0)
      #expect(stage.simulator.inbox("hub").count == 1)
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root can take /proc away"))
  func `where there is no /proc that is said, whatever was asked for`() async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub)
      for command in [["check", "rules.json"], ["--rules", "rules.json"], ["--version"]] {
        let end = try await stage.shell(
          "exec unshare -m /bin/sh -c 'mount -t tmpfs none /proc && exec \"$0\" \"$@\"' \"$0\" \"$@\"",
          [Binary.path] + command)
        #expect(end.code == 78)
        #expect(end.errors.contains("there is no /proc here"), "\(end.errors)")
        #expect(end.output.isEmpty)
      }
    }
  }

  @Test(arguments: ["a-file/state.sqlite", "/proc/nowhere/state.sqlite", "a-directory"])
  func `a state that can't be made is said by its path`(_ state: String) async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub)
      try stage.write("", to: "a-file")
      try stage.makeDirectory("a-directory")
      let end = try await stage.run("--rules", "rules.json", "--state", state)
      #expect(end.code == 73)
      #expect(end.errors.contains(state), "\(end.errors)")
      #expect(stage.simulator.requestCount() == 0)
    }
  }

  @Test func `a state that is no database is left as it is`() async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub)
      let text = String(repeating: "This is my diary. ", count: 100)
      try stage.write(text, to: "diary")
      #expect(try await stage.run("--rules", "rules.json", "--state", "diary").code == 73)
      #expect(stage.read("diary") == text)
    }
  }

  @Test func `a second watcher of one state is refused and told who has it`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let first = try stage.start("--rules", "rules.json")
      try await stage.simulator.requestCount(.list, atLeast: 1)
      let second = try await stage.run("--rules", "rules.json")
      #expect(second.code == 75)
      #expect(second.errors.contains("\(first.processID)"), "\(second.errors)")
      let elsewhere = try await stage.run("--rules", "rules.json", "--state", "other.sqlite", "--once")
      #expect(elsewhere.code == 0)
      first.send(9)
      #expect(try await first.end().status == .killed(by: 9))
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
    }
  }

  @Test func `a second watcher is refused also when it comes by another name of the state`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let first = try stage.start("--rules", "rules.json", "--state", "state.sqlite")
      try await stage.simulator.requestCount(.list, atLeast: 1)
      try stage.link("alias.sqlite", to: "state.sqlite")
      let second = try await stage.run("--rules", "rules.json", "--once", "--state", "alias.sqlite")
      #expect(second.code == 75)
      #expect(second.errors.contains("\(first.processID)"), "\(second.errors)")
    }
  }

  @Test(arguments: [["--rules", "rules.json", "--once"], ["runs", "list"], ["runs", "get", "run_a"]])
  func `a source that nobody answers for is said so`(_ command: [String]) async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub)
      let end = try await stage.run(arguments: command, with: ["DATATURE_VI_API_ENDPOINT": "http://127.0.0.1:1"])
      #expect(end.code == 69)
      #expect(end.errors.contains("DATATURE_VI_API_ENDPOINT"), "\(end.errors)")
    }
  }

  @Test(arguments: [
    ScriptedAnswer.status(200, headers: ["Content-Type": "text/html"], body: "<html>Sign in</html>", times: nil),
    .status(200, body: "{\"message\": \"welcome\"}", times: nil), .status(200, body: "", times: nil),
    .status(302, headers: ["Location": "/login"], times: nil),
  ])
  func `an answer that is no Vi API's is not taken for an empty list`(_ answer: ScriptedAnswer) async throws {
    let scenario = Scenario(runs: [.running("run_a")], faults: [Fault(answer)])
    try await onStage(scenario) { stage in
      try stage.write(RulesText.hub)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 76)
      #expect(try await stage.run("runs", "list").code == 76)
      #expect(try await stage.run("runs", "get", "run_a").code == 76)
    }
  }

  @Test(arguments: [
    [], ["--rules"], ["--nonsense"], ["nonsense"], ["--rules", "rules.json", "--once", "--until-done"],
    ["--rules", "rules.json", "--interval", "soon"], ["--rules", "rules.json", "--interval", "1ms"],
    ["--rules", "rules.json", "--since", "tuesday"], ["--rules", "rules.json", "--run", "../etc"],
    ["runs", "list", "--phase", "sleeping"], ["runs", "list", "--all", "--limit", "3"],
    ["runs", "list", "--limit", "0"], ["runs", "get"], ["runs", "get", "a/b"], ["runs", "wait"],
    ["runs", "wait", "run_a", "--timeout", "1"], ["deliveries", "list", "--status", "lost"],
    ["deliveries", "show"], ["check"], ["runs", "list", "--output", "xml"], ["simulate", "--listen", "here"],
  ])
  func `a command that can't be meant is a usage error`(_ command: [String]) async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub)
      let end = try await stage.run(arguments: command)
      #expect(end.code == 64, "\(end.errors)")
      #expect(end.output.isEmpty)
      #expect(!end.errors.isEmpty)
      #expect(stage.simulator.requestCount() == 0)
    }
  }
}
