import Glibc
import JSONSource
import Simulator
import TestSupport
import Testing

enum SoakSettings {
  /// Give the seed that a failure printed as `VI_NOTIFY_SOAK_SEED`, to have the same faults in the same order.
  static let seed = number("VI_NOTIFY_SOAK_SEED") ?? .random(in: 1..<1_000_000)
  /// How many faults there are: `VI_NOTIFY_SOAK_FAULTS`.
  static let faults = number("VI_NOTIFY_SOAK_FAULTS").map { Int($0) } ?? (Effort.isThorough ? 150 : 6)
  static let runs = Effort.isThorough ? 2_000 : max(150, faults * 15)

  private static func number(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
  }
}

/// Three processes on one PostgreSQL are killed, stand still and are cut off, and the server falls over, while runs live and end and
/// receivers refuse a tenth: the books still balance.
@Suite(
  .enabled(if: PostgresServer.programs != nil, "apt-get install postgresql"),
  .timeLimit(.minutes(8 + SoakSettings.faults / 2))
) struct SharingSoakTests {
  private static let inboxes = ["hub", "other", "paced"]
  /// Requests to `paced`, at once and in a second.
  private static let pace = 8
  private static let rules = """
    {"version": 1, "watch": {"interval": "200ms"},
     "destinations": {
       "hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub", "concurrency": 4},
       "other": {"type": "webhook", "url": "ENDPOINT/inbox/other", "concurrency": 4},
       "paced": {"type": "webhook", "url": "ENDPOINT/inbox/paced", "rateLimit": {"count": \(pace), "per": "1s"}}},
     "rules": [
       {"name": "all", "on": ["running", "terminal"], "actions": [{"send": "hub"}, {"send": "other"}, {"send": "paced"}]},
       {"name": "hooks", "actions": [
         {"shell": "echo \\"RUN $VI_RUN_ID\\" >> \\"$LOG\\"", "once": true, "env": {"LOG": "${env:LOG}"}}]}]}
    """

  @Test func `through kills, sleep, cuts and a server that falls over the books of three processes balance`()
    async throws
  {
    var random = SeededGenerator(seed: SoakSettings.seed)
    let server = try PostgresServer(["full_page_writes=off", "max_connections=100"])
    let runs = (0..<SoakSettings.runs).map { ScriptedRun("run_\($0)", created: 0) }
    try await onStage(Scenario(maximumPageSize: 100, runs: runs)) { stage in
      try stage.write(Self.rules)
      let log = ["LOG": stage.path("hooks.log")]
      let first = try await stage.run(
        "watch", "--rules", "rules.json", "--state", server.uri(), "--once", with: log)
      #expect(first.code == 0, "\(first.errors)")
      for inbox in Self.inboxes {
        stage.simulator.setAnswers(
          (0..<SoakSettings.runs * 3).map { _ in
            Int.random(in: 0..<10, using: &random) == 0 ? .status(503, delay: 2) : ScriptedAnswer(.usual, delay: 2)
          }, forInbox: inbox)
      }
      let crew = try SoakCrew(stage, server, environment: log)
      defer { crew.close() }
      try await play(stage, crew, &random)
      try await crew.settle()
      while try await !isOver(stage, server) {}
      let wrongs = await crew.end()
      print("sharing soak, seed \(SoakSettings.seed): \(crew.numbers)")
      #expect(wrongs.isEmpty, "seed \(SoakSettings.seed): \(wrongs.joined(separator: "\n"))")
      try await expectBalance(stage, server, crew)
    }
  }

  /// Before each fault some runs begin, and those that began before the last one end.
  private func play(_ stage: Stage, _ crew: SoakCrew, _ random: inout SeededGenerator) async throws {
    let ends: [ScriptedRun.Phase] = [.succeeded, .failed, .error, .cancelled]
    let faults = SoakFault.some(SoakSettings.faults, &random)
    func part(_ index: Int) -> Range<Int> {
      let count = faults.count
      return index < 0 || index >= count
        ? 0..<0 : index * SoakSettings.runs / count..<(index + 1) * SoakSettings.runs / count
    }
    for index in 0...faults.count {
      crew.begin()
      for run in part(index) { stage.simulator.move("run_\(run)", to: .running) }
      for run in part(index - 1) { stage.simulator.move("run_\(run)", to: ends[run % ends.count]) }
      if index < faults.count { try await crew.suffer(faults[index], &random) }
    }
  }

  /// Every end has been told of everywhere, and nothing waits.
  private func isOver(_ stage: Stage, _ server: PostgresServer) async throws -> Bool {
    for inbox in Self.inboxes {
      let arrived = stage.simulator.inbox(inbox)
      let ended = try arrived.filter { try !Self.isRunning($0.json) }
      guard try Set(ended.map { try $0.json[text: "subject"] }).count == SoakSettings.runs else {
        // It asks again when there is more to look at than that: the last may have arrived meanwhile.
        try await stage.simulator.inboxCount(inbox, atLeast: arrived.count + 1)
        return false
      }
    }
    let pending = try await stage.run(
      "deliveries", "list", "--status", "pending", "--all", "--state", server.uri(), "--output", "json")
    return try pending.rows.isEmpty
  }

  private static func isRunning(_ event: JSONNode) -> Bool { event[text: "type"]?.hasSuffix(".running") ?? false }

  private func expectBalance(_ stage: Stage, _ server: PostgresServer, _ crew: SoakCrew) async throws {
    let seed = "seed \(SoakSettings.seed): \(crew.numbers)"
    let rows = try await stage.run("deliveries", "list", "--all", "--state", server.uri(), "--output", "json").rows
    #expect(rows.allSatisfy { ["delivered", "dead"].contains($0[text: "status"]) }, "\(seed)")
    var repeats = 0
    var events: Set<String>?
    for inbox in Self.inboxes {
      let accepted = rows.filter { $0[text: "destination"] == inbox }
      #expect(accepted.allSatisfy { $0[text: "status"] == "delivered" }, "\(inbox), \(seed)")
      let arrived = stage.simulator.inbox(inbox)
      #expect(Set(accepted.map { $0[text: "id"] }) == Set(arrived.map(\.webhookID)), "\(inbox), \(seed)")
      let told = Set(accepted.map { $0[text: "eventId"] ?? "" })
      #expect(told.count == accepted.count, "\(inbox), \(seed)")
      #expect(told == events ?? told, "\(inbox) was told of something else, \(seed)")
      events = told
      var ids: [String: Set<String>] = [:]
      for request in arrived {
        let event = try request.json
        ids[event[text: "id"] ?? "", default: []].insert(request.webhookID ?? "")
      }
      let several = ids.filter { $0.value.count != 1 }
      #expect(several.isEmpty, "\(inbox), \(seed)")
      repeats += arrived.count - accepted.count
      try expectOrder(arrived, inbox, crew.numbers, seed)
    }
    expectPace(stage.simulator.inbox("paced"), seed)
    expectHooks(stage, rows.filter { $0[text: "rule"] == "hooks" }, seed)
    print("deliveries: \(rows.count), dead: \(rows.count { $0[text: "status"] == "dead" }), sent again: \(repeats)")
  }

  /// Once the end of a run has been sent, nothing of the time before it is, except what was on its way out of a process that stood still.
  private func expectOrder(
    _ arrived: [ReceivedRequest], _ inbox: String, _ numbers: SoakCrew.Numbers, _ seed: String
  ) throws {
    var ended: Set<String> = []
    var late: [String] = []
    for request in arrived {
      let event = try request.json
      let run = try #require(event[text: "subject"])
      if !Self.isRunning(event) {
        ended.insert(run)
      } else if ended.contains(run) {
        late.append(run)
      }
    }
    #expect(ended.count == SoakSettings.runs, "\(inbox), \(seed)")
    #expect(late.count <= numbers.stops, "\(inbox): told of as running after their end: \(late), \(seed)")
  }

  /// By the moments for which the processes say that they send, which are whole seconds: a machine that has much to do lets requests
  /// arrive in heaps.
  private func expectPace(_ arrived: [ReceivedRequest], _ seed: String) {
    let seconds = arrived.compactMap { $0.headers["webhook-timestamp"].flatMap { Int($0) } }.sorted()
    #expect(seconds.count == arrived.count)
    // The number of those before it, less what the bucket has got since: where that grows by more than the bucket there was too much.
    var (lowest, excess) = (Int.max, 0)
    for (index, second) in seconds.enumerated() {
      lowest = min(lowest, index - second * Self.pace)
      excess = max(excess, index + 1 - second * Self.pace - lowest)
    }
    // One second more for the parts of seconds at both ends, and the processes' clocks may differ by a fifth of one.
    #expect(excess <= Self.pace + Self.pace * 6 / 5, "\(excess) where a bucket holds \(Self.pace), \(seed)")
  }

  private func expectHooks(_ stage: Stage, _ rows: [JSONNode], _ seed: String) {
    let ran = (stage.read("hooks.log") ?? "").split(separator: "\n").map { String($0.dropFirst(4)) }
    #expect(Set(ran).count == ran.count, "a hook with once ran twice, \(seed)")
    #expect(Set(rows.map { $0[text: "runId"] ?? "" }).count == SoakSettings.runs, "\(seed)")
    #expect(rows.count == SoakSettings.runs, "\(seed)")
    let cutOff = rows.filter { $0[text: "status"] == "dead" }
    #expect(cutOff.allSatisfy { $0[text: "reason"]?.contains("cut off") ?? false }, "\(seed)")
    let silent = Set(rows.map { $0[text: "runId"] ?? "" }).subtracting(ran)
    #expect(silent.isSubset(of: cutOff.map { $0[text: "runId"] ?? "" }), "lost without a word, \(seed)")
  }
}
