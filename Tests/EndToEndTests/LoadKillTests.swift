import Glibc
import JSONSource
import Simulator
import TestSupport
import Testing

/// Killed again and again while a receiver refuses a third of what it gets: the books still balance.
@Suite(.timeLimit(.minutes(6))) struct LoadKillTests {
  private static let lives = 20
  private static let runsPerLife = 15
  private static let rules = """
    {"version": 1, "watch": {"interval": "100ms"},
     "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub", "concurrency": 16}},
     "rules": [{"name": "all", "on": ["running", "terminal"], "actions": [{"send": "hub"}]}]}
    """

  /// Give the seed that a failure printed as `VI_NOTIFY_KILL_SEED`, to see the same moments again.
  private static let seed =
    getenv("VI_NOTIFY_KILL_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 1..<1_000_000)

  @Test func `what was accepted is delivered or dead, under one id, and each run's story arrives in order`()
    async throws
  {
    print("seed of the load kill test: \(Self.seed)")
    var random = SeededGenerator(seed: Self.seed)
    let runs = (0..<Self.lives * Self.runsPerLife).map { ScriptedRun("run_\($0)", created: 0) }
    try await onStage(Scenario(maximumPageSize: 100, runs: runs)) { stage in
      try stage.write(Self.rules)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      stage.simulator.setAnswers(Self.answers(&random), forInbox: "hub")
      var killed = 0
      for life in 0...Self.lives { killed += try await live(stage, life, &random) ? 1 : 0 }
      #expect(killed == Self.lives + 1)
      stage.simulator.setAnswers([], forInbox: "hub")
      let end = try await stage.run("--rules", "rules.json", "--until-done")
      // 1 when one of those that were left has died.
      #expect(end.code == 0 || end.code == 1, "\(end.errors)")
      try await expectBalance(stage)
    }
  }

  /// A tenth fails and may come again, a fifth is refused for good; each takes a while, which leaves room for a kill.
  private static func answers(_ random: inout SeededGenerator) -> [ScriptedAnswer] {
    (0..<5_000).map { _ in
      switch Int.random(in: 0..<10, using: &random) {
      case 0: .status(500, delay: 2)
      case 1, 2: .status(422, delay: 2)
      default: ScriptedAnswer(.usual, delay: 2)
      }
    }
  }

  /// One life of the watcher, in which some runs begin and those of the life before end; true when KILL ended it.
  private func live(_ stage: Stage, _ life: Int, _ random: inout SeededGenerator) async throws -> Bool {
    let arrivals = stage.simulator.inbox("hub").count
    let watch = try stage.start("--rules", "rules.json")
    let ends: [ScriptedRun.Phase] = [.succeeded, .failed, .error, .cancelled]
    for index in 0..<Self.runsPerLife {
      if life < Self.lives { stage.simulator.move("run_\(life * Self.runsPerLife + index)", to: .running) }
      if life > 0 { stage.simulator.move("run_\((life - 1) * Self.runsPerLife + index)", to: ends[index % 4]) }
    }
    let wanted = life == 0 || life == Self.lives ? 3 : Int.random(in: 1...20, using: &random)
    try await stage.simulator.inboxCount("hub", atLeast: arrivals + wanted)
    for _ in 0..<Int.random(in: 0..<2_000, using: &random) { sched_yield() }
    watch.send(SIGKILL)
    return try await watch.end().status == .killed(by: SIGKILL)
  }

  private func expectBalance(_ stage: Stage) async throws {
    let rows = try await stage.run("deliveries", "list", "--all", "--output", "json").rows
    let statuses = rows.map { $0[text: "status"] ?? "" }
    // How many die depends on how many lives were long enough to write an answer down.
    #expect(Set(statuses).isSubset(of: ["delivered", "dead"]))
    // Every run ends once; that it was running may have been over before anybody looked.
    #expect(rows.count > Self.lives * Self.runsPerLife)
    #expect(Set(rows.map { $0[text: "eventId"] }).count == rows.count)
    let arrived = stage.simulator.inbox("hub")
    #expect(Set(rows.map { $0[text: "id"] }) == Set(arrived.map(\.webhookID)))
    for (event, requests) in Dictionary(grouping: arrived, by: { try? $0.json[text: "id"] }) {
      #expect(Set(requests.map(\.webhookID)).count == 1, "\(event ?? "")")
    }
    try expectOrder(arrived)
    let repeated = arrived.count - rows.count
    print("deliveries: \(rows.count), dead: \(statuses.count { $0 == "dead" }), sent again: \(repeated)")
  }

  /// Once the end of a run has been sent, nothing of the time before it is.
  private func expectOrder(_ arrived: [ReceivedRequest]) throws {
    var ended: Set<String> = []
    var pairs = 0
    for request in arrived {
      let event = try request.json
      let run = try #require(event[text: "subject"])
      if event[text: "type"]?.hasSuffix(".running") == true {
        pairs += 1
        #expect(!ended.contains(run), "\(run) was told of as running after its end")
      } else {
        ended.insert(run)
      }
    }
    #expect(pairs > 0)
  }
}
