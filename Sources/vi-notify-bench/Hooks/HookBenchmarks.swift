import Glibc
import Hooks

/// What starting a small program, handing it 1 kB on stdin and reading what it writes costs through ``HookRunner``, beside
/// posix_spawn doing the same in the same run: `vi-notify-bench hooks`.
struct HookBenchmarks {
  private static let rounds = 15
  private static let spawns = 100
  private static let atOnce = 4
  /// Writes what it reads: so it is seen that the 1 kB went all the way.
  private static let program = "/bin/cat"
  private static let event = [UInt8](repeating: UInt8(ascii: "x"), count: 1_024)

  private let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"])
  private let hook = Hook(command: .run([Self.program]), stdin: Self.event)

  /// Rounds alternate, so that a machine that is busy for a while is so for all.
  func run() async {
    var (bare, ours, side): ([SpawnCost], [SpawnCost], [SpawnCost]) = ([], [], [])
    await spawn(1)
    for _ in 0..<Self.rounds {
      bare.append(await cost { for _ in 0..<Self.spawns where !BareSpawn.run(Self.program, Self.event) { fail() } })
      ours.append(await cost { await spawn(Self.spawns) })
      side.append(await cost { await spawnSideBySide() })
    }
    let (limit, cost) = (SpawnCost.median(bare), SpawnCost.median(ours))
    printFigure("hooks_bare_cpu", limit.cpu, "us/spawn")
    printFigure("hooks_cpu", cost.cpu, "us/spawn", ratio: cost.cpu / limit.cpu)
    printFigure("hooks_own_cpu", cost.ownCPU, "us/spawn", ratio: cost.ownCPU / limit.ownCPU)
    printFigure("hooks_bare_speed", limit.perSecond, "spawns/s")
    printFigure("hooks_speed", cost.perSecond, "spawns/s", ratio: cost.perSecond / limit.perSecond)
    let together = SpawnCost.median(side).perSecond
    printFigure("hooks_speed_4_at_once", together, "spawns/s", ratio: together / limit.perSecond)
  }

  private func spawn(_ count: Int) async {
    for _ in 0..<count {
      let result = await runner.run(hook) { _, _ in }
      if result.ending != .exited(0) || result.stdout.total != Self.event.count { fail() }
    }
  }

  private func spawnSideBySide() async {
    await withTaskGroup { group in
      for _ in 0..<Self.atOnce { group.addTask { await spawn(Self.spawns / Self.atOnce) } }
    }
  }

  private func cost(_ body: () async -> Void) async -> SpawnCost {
    let start = SpawnCost.Moment()
    await body()
    return SpawnCost(since: start, spawns: Self.spawns)
  }

  private func fail() -> Never { giveUp("\(Self.program) did not write what it was given") }
}

/// What a number of spawns took, each.
private struct SpawnCost {
  /// Microseconds of CPU time, ours and the program's.
  let cpu: Double
  /// Ours alone.
  let ownCPU: Double
  let perSecond: Double

  struct Moment {
    let nanoseconds = Stopwatch.nanoseconds
    let own = Self.cpu(ofChildren: false)
    let children = Self.cpu(ofChildren: true)

    /// Microseconds.
    private static func cpu(ofChildren: Bool) -> Double {
      var usage = rusage()
      // Numbers (RUSAGE_CHILDREN, RUSAGE_SELF): the type of the names differs from build to build.
      getrusage(ofChildren ? -1 : 0, &usage)
      let (user, system) = (usage.ru_utime, usage.ru_stime)
      return Double(user.tv_sec + system.tv_sec) * 1e6 + Double(user.tv_usec + system.tv_usec)
    }
  }

  init(since start: Moment, spawns: Int) {
    let end = Moment()
    ownCPU = (end.own - start.own) / Double(spawns)
    cpu = ownCPU + (end.children - start.children) / Double(spawns)
    perSecond = Double(spawns) * 1e9 / Double(end.nanoseconds - start.nanoseconds)
  }

  /// By CPU time.
  static func median(_ costs: [SpawnCost]) -> SpawnCost {
    costs.sorted { $0.cpu < $1.cpu }[costs.count / 2]
  }
}
