import Glibc
import JSONSource
import Simulator
import TestSupport
import Testing

/// Hooks that misbehave, are many, or lose us, in the real binary.
@Suite(.timeLimit(.minutes(6))) struct HookLimitsTests {
  @Test func `when vi-notify is killed, a hook and its children hear TERM, and nothing of it goes on`() async throws {
    let script = """
      trap 'echo leader >> ended; exit 0' TERM
      sh -c 'trap "echo child >> ended; exit 0" TERM; echo $$ >> pids; while :; do sleep 60; done' &
      echo $$ >> pids; echo up; while :; do sleep 60; done
      """.replacing("\n", with: "\\n").replacing("\"", with: "\\\"")
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(#"{"version": 1, "rules": [{"name": "r", "actions": [{"shell": "\#(script)"}]}]}"#)
      let watch = try stage.start("--rules", "rules.json", "--since", "all")
      try await watch.says("line=up")
      await holds { (stage.read("pids") ?? "").split(separator: "\n").count == 2 }
      watch.send(SIGKILL)
      _ = try await watch.end()
      let pids = (stage.read("pids") ?? "").split(separator: "\n").compactMap { pid_t($0) }
      #expect(await holds { pids.allSatisfy { !isRunning($0) } })
      // The first process may hear it twice: of its parent's death, and as all of its group.
      #expect(Set((stage.read("ended") ?? "").split(separator: "\n")) == ["child", "leader"])
    }
  }

  @Test func `five hundred hooks queue up, four at a time, and nobody else waits for them`() async throws {
    let count = 500
    let runs = (0..<count).map { ScriptedRun.ended("run_\($0)") }
    try await onStage(Scenario(maximumPageSize: 1_000, runs: runs)) { stage in
      try stage.write(
        """
        {"version": 1, "watch": {"interval": "100ms"}, "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}},
         "rules": [{"name": "r", "actions": [
           {"shell": "echo + >> log; read line < gate; echo - >> log"}, {"send": "hub"}]}]}
        """)
      #expect(mkfifo(stage.path("gate"), 0o600) == 0)
      let gate = open(stage.path("gate"), O_RDWR | O_CLOEXEC)
      defer { close(gate) }
      let watch = try stage.start("--rules", "rules.json", "--since", "all")
      try await stage.simulator.inboxCount("hub", atLeast: count)
      let sweeps = stage.simulator.requestCount(.list)
      #expect(await holds { (stage.read("log") ?? "") == "+\n+\n+\n+\n" })
      // They are held; watching isn't. The list is asked for as long as some run moves, and here a new one does.
      stage.simulator.add(.running("run_new"))
      try await stage.simulator.requestCount(.list, atLeast: sweeps + 2)
      stage.simulator.move("run_new", to: .failed)
      try await stage.simulator.inboxCount("hub", atLeast: count + 1)
      #expect(stage.read("log") == "+\n+\n+\n+\n")
      let lines = [UInt8](repeating: UInt8(ascii: "\n"), count: count + 1)
      #expect(write(gate, lines, lines.count) == lines.count)
      func steps() -> [Int] { (stage.read("log") ?? "").split(separator: "\n").map { $0 == "+" ? 1 : -1 } }
      #expect(await holds { steps().count == 2 * (count + 1) })
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      let steps = steps()
      #expect(steps.count { $0 == 1 } == count + 1)
      #expect(steps.reduce(into: (0, 0)) { $0 = ($0.0 + $1, max($0.1, $0.0 + $1)) }.1 == 4)
    }
  }

  @Test(arguments: [
    ("trap '' TERM; while :; do sleep 60; done", "stopped because its time was up; it ignored TERM and was killed"),
    ("sleep 60 & exit 4", "exited with 4; what it left running was killed"),
    ("exec <&-; cat", "exited with 1"), ("kill -SEGV $$", "ended by signal 11"),
    ("head -c 50000000 /dev/zero; exit 6", "exited with 6"), ("exec ./nowhere", "exited with 127"),
    ("exec >&- 2>&-; exit 5", "exited with 5"),
  ])
  func `whatever a hook does, its dead letter says what it was`(_ script: String, _ reason: String) async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      // The one that ignores TERM is killed ten seconds later; the others need as long as a busy machine makes them.
      let timeout = reason.hasPrefix("stopped") ? "2s" : "2m"
      try stage.write(RulesText.shell(script, more: #", "timeout": "\#(timeout)""#))
      let end = try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
      #expect(end.code == 1, "\(end.errors.suffix(2_000))")
      let row = try #require(try await stage.run("deliveries", "list", "--output", "json").rows.first)
      #expect(row[text: "reason"]?.hasSuffix(": \(reason)") == true, "\(row[text: "reason"] ?? "")")
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root can make a space of process numbers"))
  func `as the first process of a container, no process that a hook left behind stays as a zombie`() async throws {
    // The hook ends when they have left its group: what is still in it then is killed.
    let litter = """
      for i in 1 2 3 4 5; do (setsid sh -c 'echo >> ended' &); done; \
      until [ $(cat ended 2>/dev/null | wc -l) -ge 5 ]; do sleep 0.02; done; (sleep 0.1 &); echo hi
      """
    let look = """
      until [ $(wc -l < ended) -ge 5 ]; do sleep 0.02; done; i=0; \
      while grep -qs '^State:.Z' /proc/[0-9]*/status; do i=$((i+1)); [ $i = 200 ] && exit 9; sleep 0.05; done; \
      echo $$ > clean
      """
    try await onStage(Scenario(runs: [.ended("run_a"), .ended("run_b")])) { stage in
      try stage.write(RulesText.shell(litter, more: #", "then": [{"shell": "\#(look)"}]"#))
      let end = try await stage.shell(
        "exec unshare -pf --mount-proc --kill-child \"$0\" \"$@\"",
        [Binary.path, "--rules", "rules.json", "--until-done", "--since", "all"])
      #expect(end.code == 0, "\(end.errors)")
      #expect(Int(stage.read("clean")?.dropLast() ?? "").map { $0 < 1_000 } == true, "it ran in a space of its own")
    }
  }

  @Test func `an argument longer than the system takes is cut, and the whole is on stdin`() async throws {
    let message = String(repeating: "m", count: 200_000)
    try await onStage(Scenario(runs: [.ended("run_a", .failed, message: message)])) { stage in
      try stage.write(
        #"""
        {"version": 1, "rules": [{"name": "r", "actions": [
          {"run": ["/bin/sh", "-c", "printf %s \"$1\" | wc -c > argument; wc -c > stdin", "sh", "{{message}}"]}]}]}
        """#)
      let end = try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
      #expect(end.code == 0, "\(end.errors.suffix(2_000))")
      #expect(stage.read("argument") == "131071\n")
      #expect((Int(stage.read("stdin")?.dropLast() ?? "") ?? 0) > 200_000)
      #expect(end.errors.contains("too long for the system and cut"), "\(end.errors.suffix(2_000))")
      #expect(end.errors.contains("argument 4, VI_MESSAGE"))
    }
  }

  /// Looks again and again until it holds, for ten seconds.
  @discardableResult
  private func holds(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<10_000 {
      if condition() { return true }
      try? await Task.sleep(for: .milliseconds(1))
    }
    return false
  }
}
