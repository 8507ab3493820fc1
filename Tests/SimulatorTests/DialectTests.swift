import JSONSource
import Testing

@testable import Simulator

@Suite struct DialectTests {
  typealias Phase = ScriptedRun.Phase

  /// A run that was created at 0, ran from 10 and came to `phase` at 20, as `Name:Status@time` in the order of the list.
  private func conditions(_ dialect: Dialect, _ phase: Phase) -> [String] {
    var run = ScriptedRun("run_a", created: 0)
    if phase != .pending { run.life.append(.init(at: 10, .running)) }
    if phase.isTerminal { run.life.append(.init(at: 20, phase)) }
    return dialect.conditions(run.story(at: 100)).map { "\($0.name):\($0.status.rawValue)@\($0.time)" }
  }

  @Test(arguments: [
    (Phase.pending, ["Pending:Reached@0"]),
    (.running, ["Pending:Reached@0", "Running:Reached@10"]),
    (.succeeded, ["Pending:Reached@0", "Running:Reached@10", "Succeeded:Reached@20"]),
    (.failed, ["Pending:Reached@0", "Running:Reached@10", "Failed:Reached@20"]),
    (.error, ["Pending:Reached@0", "Running:Reached@10", "Error:Reached@20"]),
    (.cancelled, ["Pending:Reached@0", "Running:Reached@10", "Cancelled:Reached@20"]),
  ])
  func `the documented dialect appends what has been reached`(phase: Phase, expected: [String]) {
    #expect(conditions(.documented, phase) == expected)
  }

  @Test(arguments: [
    (Phase.pending, ["Started:Waiting@0"]),
    (.running, ["Finished:Waiting@10", "Started:Reached@10"]),
    (.succeeded, ["Finished:Reached@20", "Started:Reached@10"]),
    (.failed, ["Finished:FailedReach@20", "Started:Reached@10"]),
    (.error, ["Finished:FailedReach@20", "Started:Reached@10"]),
    (.cancelled, ["Finished:FailedReach@20", "Started:Reached@10"]),
  ])
  func `the lifecycle dialect knows Started and Finished, newest first`(phase: Phase, expected: [String]) {
    #expect(conditions(.lifecycle, phase) == expected)
  }

  @Test func `the declared dialect lists everything from the start and flips it`() {
    let rest = ["Succeeded:Waiting@0", "Failed:Waiting@0", "Error:Waiting@0", "Cancelled:Waiting@0"]
    #expect(conditions(.declared, .pending) == ["Pending:Reached@0", "Running:Waiting@0"] + rest)
    #expect(conditions(.declared, .running) == ["Pending:Reached@0", "Running:Reached@10"] + rest)
  }

  @Test(arguments: [Phase.succeeded, .failed, .error, .cancelled])
  func `in the declared dialect an end is reached and the other ends have failed to be`(phase: Phase) {
    let ends: [(Phase, String)] = [
      (.succeeded, "Succeeded"), (.failed, "Failed"), (.error, "Error"), (.cancelled, "Cancelled"),
    ]
    let expected = ends.map { "\($1):\($0 == phase ? "Reached" : "FailedReach")@20" }
    #expect(conditions(.declared, phase) == ["Pending:Reached@0", "Running:Reached@10"] + expected)
  }

  @Test func `a run that never started fails to start`() {
    let run = ScriptedRun("run_a", created: 0, life: [.init(at: 20, .failed)])
    let lifecycle = Dialect.lifecycle.conditions(run.story(at: 100)).map { "\($0.name):\($0.status.rawValue)" }
    #expect(lifecycle == ["Finished:FailedReach", "Started:FailedReach"])
    let declared = Dialect.declared.conditions(run.story(at: 100))
    #expect(declared[1] == Condition(name: "Running", status: .failedReach, time: 20))
  }

  @Test(arguments: Dialect.allCases)
  func `a run that goes on after an end has a later start`(dialect: Dialect) throws {
    let run = ScriptedRun("run_a", created: 0, life: [.init(at: 20, .failed), .init(at: 30, .running)])
    let conditions = dialect.conditions(run.story(at: 100))
    let running = try #require(conditions.last { $0.name == "Running" || $0.name == "Started" })
    #expect(running.status == .reached && running.time == 30)
    #expect(!conditions.contains { $0.time >= 30 && $0.status == .failedReach })
  }

  @Test func `runs take the dialects by turn where the scenario mixes them`() {
    var world = World(Scenario(runs: (0..<6).map { ScriptedRun("run_\($0)", created: 0) }), start: 0)
    var names: [String] = []
    for index in 0..<6 {
      let run = world.answer(.api("runs/run_\(index)"), at: 0).json
      let conditions = run["status"]?["conditions"]?.elements ?? []
      names.append(conditions.count == 6 ? "declared" : conditions.first?["condition"]?.string ?? "")
    }
    #expect(names == ["Pending", "Started", "declared", "Pending", "Started", "declared"])
  }
}
