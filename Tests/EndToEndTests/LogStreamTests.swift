import Glibc
import Locking
import Simulator
import Testing

/// The log never holds the work up, whatever happens to stderr.
@Suite(.timeLimit(.minutes(6))) struct LogStreamTests {
  /// A pipe whose reader is there and never reads: the shell's own end of it stays open in what it becomes.
  private static let unread = "mkfifo errors; exec 3<>errors; exec \"$@\" 2>errors"

  /// Every end is told to the hub, and a hook fills the log with lines of a kilobyte.
  private static func rules(kilobytes: Int) -> String {
    let script = "head -c \(kilobytes)000 /dev/zero | tr '\\\\0' x | fold -w 999"
    return """
      {"version": 1, "watch": {"interval": "100ms", "since": "all"},
       "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}},
       "rules": [{"name": "ends", "actions": [{"shell": "\(script)", "then": [{"send": "hub"}]}]}]}
      """
  }

  private func words(_ more: String...) -> [String] {
    ["sh", Binary.path, "--rules", "rules.json"] + more
  }

  @Test func `a log that nobody reads holds up neither deliveries nor the end`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a"), .running("run_b")])) { stage in
      try stage.write(Self.rules(kilobytes: 200))
      let watch = try stage.startShell(Self.unread, words())
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      stage.simulator.move("run_b", to: .succeeded)
      try await stage.simulator.inboxCount("hub", atLeast: 2)
      watch.send(SIGINT)
      #expect(try await watch.end().code == 0)
      let rows = try await stage.run("deliveries", "list", "--output", "json").rows
      #expect(rows.count == 4 && rows.allSatisfy { $0[text: "status"] == "delivered" })
    }
  }

  @Test func `two signals end it while nobody reads its log`() async throws {
    let scenario = Scenario(runs: [.ended("run_a")], inbox: ["hub": [ScriptedAnswer(.hang, times: nil)]])
    try await onStage(scenario) { stage in
      try stage.write(Self.rules(kilobytes: 200))
      let watch = try stage.startShell(Self.unread, words())
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      let hasEnded = Locked(false)
      async let end = {
        let end = try await watch.end()
        hasEnded.withLock { $0 = true }
        return end
      }()
      // Nobody reads that the first has arrived: they come until the second has.
      while !hasEnded.withLock({ $0 }) {
        watch.send(SIGINT)
        await Task.yield()
      }
      #expect(try await end.code == 128 + Int(SIGINT))
    }
  }

  @Test func `lines that were dropped are counted, and said in their place when somebody reads`() async throws {
    let runs = (0..<10).map { ScriptedRun.ended("run_\($0)") } + [.running("run_late")]
    try await onStage(Scenario(runs: runs)) { stage in
      try stage.write(Self.rules(kilobytes: 900))
      let watch = try stage.startShell(Self.unread, words())
      try await stage.simulator.inboxCount("hub", atLeast: 10)
      let reader = try stage.startShell("exec cat errors", ["sh"])
      try await reader.says("log lines dropped here: ")
      stage.simulator.move("run_late", to: .succeeded)
      try await reader.says("run=run_late")
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
    }
  }

  @Test(arguments: [
    "mkfifo errors; exec 3<>errors; exec 2>errors 3<&-; exec \"$@\"", "exec \"$@\" 2>&-", "exec \"$@\" 2>/dev/full",
    "exec \"$@\" <&- >&- 2>&-",
  ])
  func `without a stderr that can be written it works all the same`(_ script: String) async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(Self.rules(kilobytes: 100))
      #expect(try await stage.shell(script, words("--until-done")).code == 0)
      #expect(stage.simulator.inbox("hub").count == 1)
      // No file of ours got the number of a stream that was closed, and the log with it.
      let state = try stage.bytes(".local/state/vi-notify/state.sqlite")
      #expect(state.starts(with: Array("SQLite format 3".utf8)))
      #expect(try await stage.run("deliveries", "list", "--output", "json").rows.count == 2)
    }
  }

  @Test func `a broken pipe ends what a hook starts as it ends what a shell starts`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(RulesText.shell("(yes; echo status $? >&2) | head -n 1"))
      let end = try await stage.run("--rules", "rules.json", "--once", "--since", "all", "--log-level", "info")
      #expect(end.errors.contains("status 141"), "\(end.errors)")
    }
  }
}
