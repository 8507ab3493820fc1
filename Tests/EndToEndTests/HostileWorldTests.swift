import FoundationEssentials
import Glibc
import JSONSource
import Simulator
import TestSupport
import Testing

private enum HostileSettings {
  /// How long the world is hostile: `VI_NOTIFY_HOSTILE_SECONDS`.
  static let seconds = number("VI_NOTIFY_HOSTILE_SECONDS").map { Int($0) } ?? 40
  /// Give the seed that a failure printed as `VI_NOTIFY_HOSTILE_SEED`, to have the same runs and harms again.
  static let seed = number("VI_NOTIFY_HOSTILE_SEED") ?? .random(in: 1..<1_000_000)

  private static func number(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
  }
}

/// An API and receivers that damage a third of their answers, while runs live and end and the watcher is killed: every end is
/// told, under one id, by processes that die of nothing but our signals, in 150 MB.
@Suite(.timeLimit(.minutes(HostileSettings.seconds / 60 + 8))) struct HostileWorldTests {
  /// MB.
  private static let maxMemory = 150

  @Test func `in a hostile world every run that ends is told of once, under one id, and nothing breaks`() async throws {
    print("seed of the hostile world: \(HostileSettings.seed), \(HostileSettings.seconds) s")
    var random = SeededGenerator(seed: HostileSettings.seed)
    let world = HostileWorld(seconds: HostileSettings.seconds, &random)
    let (ledger, memory) = (HostileLedger(), PeakMemory())
    let scenario = Scenario(runs: world.runs, hostile: Hostility(rate: 0))
    func simulator() -> Simulator {
      Simulator(
        scenario: scenario, onArrival: { ledger.arrived($0, $1) },
        onSent: { answer in
          ledger.sent(answer)
          memory.look()
        })
    }
    try await onStage(scenario, simulator: simulator(), environment: HostileWorld.secrets) { stage in
      let simulator = stage.simulator
      let end = Simulator.systemClock() + Int64(HostileSettings.seconds) * 1_000
      try stage.write(HostileWorld.rules)
      let life = HostileLife(stage: stage, ledger: ledger, memory: memory)
      #expect(try await life.once(number: 0).code == 0)
      simulator.setHostility(
        Hostility(
          seed: HostileSettings.seed, rate: 0.33, maxInARow: 1, relief: 1, sacrifices: Set(HostileWorld.sacrifices)))
      var number = 1
      while Simulator.systemClock() < end {
        try await life.live(number: number, &random)
        number += 1
        simulator.forgetArrivals()
      }
      let harms = simulator.harmCounts
      simulator.setHostility(Hostility(rate: 0))
      let settled = try await life.settle(world.messages, number: number)
      try await expectTruth(stage, world, ledger)
      #expect(memory.highest < Self.maxMemory, "a process held \(memory.highest) MB")
      report(world, ledger, harms, life.numbers, memory, settled: settled)
    }
  }

  private func expectTruth(_ stage: Stage, _ world: HostileWorld, _ ledger: HostileLedger) async throws {
    let untold = ledger.untold(of: world.messages)
    #expect(untold.isEmpty, "never told: \(untold.prefix(10)) of \(untold.count)")
    #expect(ledger.ambiguous.isEmpty, "told under several ids: \(ledger.ambiguous.prefix(10))")
    #expect(ledger.wrongs.isEmpty, "\(ledger.wrongs.prefix(10).joined(separator: "\n"))")
    #expect(stage.simulator.inbox("never").isEmpty)
    let ids = ledger.ids(of: world.messages.filter { $0.inbox != "chat" })
    #expect(Set(ids).count == ids.count)
    for status in ["dead", "pending"] {
      let rows = try await stage.run("deliveries", "list", "--status", status, "--all", "--output", "json").rows
      let wrong = rows.filter { row in !HostileWorld.sacrifices.contains(row[text: "destination"] ?? "") }
      #expect(
        wrong.isEmpty, "\(status): \(wrong.prefix(5).map { [$0[text: "rule"], $0[text: "runId"], $0[text: "reason"]] })"
      )
      #expect(rows.allSatisfy { status != "dead" || $0[text: "reason"] != nil })
    }
    expectHooks(stage, world)
  }

  /// A hook that a kill cut off runs again, as the same delivery.
  private func expectHooks(_ stage: Stage, _ world: HostileWorld) {
    var ids: [Substring: Set<Substring>] = [:]
    for line in (stage.read("hooks.txt") ?? "").split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2 { ids[words[0], default: []].insert(words[1]) }
    }
    #expect(Set(ids.keys.map(String.init)) == Set(world.messages.filter { $0.inbox == "after" }.map(\.run)))
    #expect(ids.values.allSatisfy { $0.count == 1 })
  }

  private func report(
    _ world: HostileWorld, _ ledger: HostileLedger, _ harms: [Harm: Int], _ lives: HostileLife.Numbers,
    _ memory: PeakMemory,
    settled: Duration
  ) {
    let kinds = harms.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key) \($0.value)" }
    print(
      """
      hostile world, seed \(HostileSettings.seed): \(HostileSettings.seconds) s, settled in \(settled.components.seconds) s more; \
      \(world.runs.count - 150) runs, \(world.messages.count) messages owed; \(ledger.numbers.messages) told in \
      \(ledger.numbers.attempts) attempts, \(ledger.numbers.repeats) repeated after a kill; \(lives); \
      \(harms.values.reduce(0, +)) of \(ledger.answers) answers damaged; peak \(memory.highest) MB
      \(kinds.joined(separator: ", "))
      """)
  }
}
