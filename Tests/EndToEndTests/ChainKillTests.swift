import Glibc
import JSONSource
import Simulator
import TestSupport
import Testing

/// Kill the process between steps, or in the middle of one: no step is lost, and none that has settled is made again.
@Suite(.timeLimit(.minutes(6))) struct ChainKillTests {
  private static let runCount = 24
  private static let lives = 25
  /// Give the seed that a failure printed as `VI_NOTIFY_KILL_SEED`, to see the same moments again.
  private static let seed =
    getenv("VI_NOTIFY_KILL_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 1..<1_000_000)

  /// Four steps, each of which takes itself down; the third fails for good, and the chain goes on with its other branch.
  private static let rules = """
    {"version": 1, "watch": {"interval": "100ms"}, "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}},
     "rules": [{"name": "r", "actions": [
       {"run": ["./step.sh", "a"], "id": "a", "then": [
         {"run": ["./step.sh", "b", "{{steps.a.stdout}}"], "id": "b", "then": [
           {"run": ["./step.sh", "c", "{{steps.b.stdout}}"], "id": "c", "then": [{"shell": "touch wrong"}], "onFailure": [
             {"run": ["./step.sh", "d", "{{steps.c.stdout}}"], "id": "d", "concurrency": 2, "then": [
               {"send": "hub", "body": {"trail": "{{steps.d.stdout}}"}}]}]}]}]}]}]}
    """

  @Test func `killed at 25 moments, every chain is gone through to its end, step by step`() async throws {
    print("seed of the chain kill test: \(Self.seed)")
    var random = SeededGenerator(seed: Self.seed)
    let runs = (0..<Self.runCount).map { ScriptedRun.ended("run_\($0)") }
    try await onStage(Scenario(runs: runs)) { stage in
      try stage.write(Self.rules)
      try stage.write(
        """
        #!/bin/sh
        echo "$VI_RUN_ID $1 $VI_ATTEMPT" >> steps
        if rm cut 2> /dev/null; then kill -9 $PPID; exec sleep 60; fi
        head -c 500000 /dev/urandom > /dev/null
        printf '%s' "$2$1"
        [ "$1" != c ] || exit 9
        """, to: "step.sh", mode: 0o755)
      var killed = 0
      for life in 0..<Self.lives {
        // The first are in the middle of a step for sure: a step does it.
        if life < 5 {
          try stage.write("", to: "cut")
          let cut = try await stage.run("--rules", "rules.json", "--since", "all")
          killed += cut.status == .killed(by: SIGKILL) ? 1 : 0
          continue
        }
        let watch = try stage.start("--rules", "rules.json", "--since", "all")
        let before = lines(stage).count
        // Until it has taken some steps, or a moment has gone by without one.
        let wanted = before + Int.random(in: 0...2, using: &random)
        for _ in 0..<500 where lines(stage).count < wanted { usleep(1_000) }
        usleep(.random(in: 0..<30_000, using: &random))
        watch.send(SIGKILL)
        killed += try await watch.end().status == .killed(by: SIGKILL) ? 1 : 0
      }
      #expect(killed == Self.lives)
      let end = try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
      #expect([0, 1].contains(end.code), "\(end.errors)")
      try await expectWholeChains(stage)
    }
  }

  private func lines(_ stage: Stage) -> [[String]] {
    (stage.read("steps") ?? "").split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
  }

  private func expectWholeChains(_ stage: Stage) async throws {
    let arrived = stage.simulator.inbox("hub")
    #expect(Set(arrived.map(\.text)) == [#"{"trail":"abcd"}"#])
    #expect(Set(arrived.map(\.webhookID)).count == Self.runCount)
    #expect(stage.read("wrong") == nil)
    let rows = try await stage.run("deliveries", "list", "--all", "--output", "json").rows
    #expect(rows.count == Self.runCount * 5)
    let taken = lines(stage)
    for run in (0..<Self.runCount).map({ "run_\($0)" }) {
      let steps = taken.filter { $0.first == run }
      // One after the other: no step is taken again once the next has begun.
      #expect(steps.map { $0[1] } == steps.map { $0[1] }.sorted(), "\(run): \(steps)")
      #expect(Set(steps.map { $0[1] }) == ["a", "b", "c", "d"], "\(run): \(steps)")
      let ids = try await stage.steps(of: run)
      for step in ["a", "b", "c", "d"] {
        let id = ids.first { $0[text: "action"] == step }?[text: "deliveryId"]
        let row = try #require(rows.first { $0[text: "id"] == id })
        #expect(row[text: "status"] == (step == "c" ? "dead" : "delivered"))
        // Each attempt has a number of its own, and the last one is the one that counts.
        let attempts = steps.filter { $0[1] == step }.compactMap { Int($0[2]) }
        #expect(Set(attempts).count == attempts.count, "\(run) \(step): \(attempts)")
        #expect(attempts.last.map(String.init) == row[text: "attempts"], "\(run) \(step): \(attempts)")
      }
    }
    print("steps: \(Self.runCount * 4), taken: \(taken.count)")
    // Some moments must have cut off a step, or the test shows nothing of it.
    #expect(taken.count > Self.runCount * 4)
  }
}
