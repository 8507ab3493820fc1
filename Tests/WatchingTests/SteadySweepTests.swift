import Runs
import Simulator
import TestSupport
import Testing

@testable import Watching

/// What a sweep costs, and that the short cut misses nothing.
@Suite(.timeLimit(.minutes(6))) struct SteadySweepTests {
  /// Old runs, a minute between them, of which some places (0 is the newest) still move.
  private func scenario(_ count: Int, moving: Set<Int>, pages: Int = 100) -> Scenario {
    var scenario = Scenario(maximumPageSize: pages)
    scenario.runs = (0..<count).map { place in
      let created = -Int64(place + 1) * 60_000
      var run = ScriptedRun("run_\(place)", flow: "flow", created: created)
      run.life = [.init(at: created + 1, .running)]
      if !moving.contains(place) { run.life.append(.init(at: created + 2, .succeeded)) }
      return run
    }
    return scenario
  }

  /// The first sweep takes the baseline, the second proves it.
  private func steady(_ scenario: Scenario, watch: String = "") async throws -> WatchingKit {
    let kit = try await WatchingKit(scenario, watch: watch)
    for _ in 0..<2 { _ = try await kit.watcher.sweep() }
    return kit
  }

  @Test func `three runs that move among the newest hundred cost one request`() async throws {
    let kit = try await steady(scenario(300, moving: [2, 40, 88]))
    let (report, requests) = try await kit.sweep()
    #expect((report.active, requests) == (3, 1))
    kit.simulator.move("run_88", to: .failed)
    kit.time.advance(by: .seconds(30))
    let (told, again) = try await kit.sweep()
    #expect((told.newEvents, again) == (1, 1))
    #expect(try await kit.told() == ["run_88 failed"])
    await kit.end()
  }

  @Test(arguments: [
    (moving: [1, 380], cost: 2), (moving: [100, 104, 108, 112], cost: 3), (moving: [60, 220, 380], cost: 4),
    (moving: [], cost: 1),
  ])
  func `runs further down are reached by pages or one by one, whichever is less`(moving: [Int], cost: Int) async throws
  {
    let kit = try await steady(scenario(400, moving: Set(moving), pages: 40))
    #expect(try await kit.sweep().requests == cost)
    for place in moving { kit.simulator.move("run_\(place)", to: .error) }
    kit.time.advance(by: .seconds(30))
    let report = try await kit.watcher.sweep()
    #expect((report.newEvents, report.active) == (moving.count, 0))
    #expect(try await kit.sweep().requests == 1)
    await kit.end()
  }

  @Test func `new runs are read until one is met that was known before`() async throws {
    let kit = try await steady(scenario(300, moving: []))
    kit.time.advance(by: .seconds(30))
    for index in 0..<45 {
      kit.simulator.add(ScriptedRun("new_\(index)", created: kit.time.now.milliseconds - Int64(index)))
    }
    #expect(try await kit.watcher.sweep().newEvents == 45)
    #expect(try await kit.watcher.sweep().active == 45)
    #expect(try await kit.watcher.sweep().newEvents == 0)
    await kit.end()
  }

  @Test func `what the last sweep saw for the first time proves nothing of what lies below it`() async throws {
    let kit = try await steady(scenario(300, moving: []))
    let now = kit.time.now.milliseconds
    for index in 0..<45 {
      let created = now - Int64(index)
      kit.simulator.add(ScriptedRun("new_\(index)", created: created, life: [.init(at: created, .failed)]))
    }
    #expect(try await kit.sweep().requests == 3)
    // A run may have slipped past from page to page: the same pages are read once more.
    #expect(try await kit.sweep().requests == 3)
    #expect(try await kit.sweep().requests == 1)
    await kit.end()
  }

  @Test func `a run that was asked for by itself and has ended moves no more`() async throws {
    let kit = try await steady(scenario(300, moving: [250]))
    #expect(await kit.watcher.list.moving == [250])
    kit.simulator.move("run_250", to: .failed)
    kit.time.advance(by: .seconds(30))
    #expect(try await kit.sweep().requests == 2)
    #expect(await kit.watcher.list.moving.isEmpty)
    await kit.end()
  }

  @Test func `a run that was created out of order is found by the full read`() async throws {
    let kit = try await steady(scenario(300, moving: [0]))
    let now = kit.time.now.milliseconds
    kit.simulator.add(ScriptedRun("run_late", created: now - 200 * 60_000 - 7, life: [.init(at: now, .failed)]))
    kit.time.advance(by: .seconds(60))
    #expect(try await kit.watcher.sweep().newEvents == 0)
    kit.time.advance(by: .seconds(900))
    #expect(try await kit.watcher.sweep().newEvents == 1)
    #expect(try await kit.told() == ["run_late failed"])
    await kit.end()
  }

  @Test func `an ended run far down that changed after all is found by the full read`() async throws {
    let kit = try await steady(scenario(300, moving: []), watch: #""fullSweep": "5m""#)
    kit.simulator.change("run_250") { $0.life.append(.init(at: kit.time.now.milliseconds, .running)) }
    kit.time.advance(by: .seconds(299))
    #expect(try await kit.watcher.sweep().newEvents == 0)
    kit.time.advance(by: .seconds(1))
    #expect(try await kit.watcher.sweep().active == 1)
    #expect(try await kit.told() == ["run_250 running"])
    await kit.end()
  }

  @Test func `an API that grants three items is read whole only when need be`() async throws {
    let kit = try await steady(scenario(40, moving: [1, 20], pages: 3))
    let (report, requests) = try await kit.sweep()
    #expect((report.active, requests) == (2, 2))
    await kit.end()
  }

  @Test func `named runs that have ended are not asked for again and again`() async throws {
    let kit = try await WatchingKit(scenario(5, moving: [1]), watch: #""runs": ["run_0", "run_1"]"#)
    #expect(try await kit.watcher.sweep().newEvents == 1)
    #expect(try await kit.sweep().requests == 1)
    kit.simulator.move("run_1", to: .cancelled)
    kit.time.advance(by: .seconds(1))
    #expect(try await kit.watcher.sweep().active == 0)
    #expect(try await kit.told() == ["run_0 succeeded", "run_1 cancelled"])
    await kit.end()
  }

  @Test func `only runs that match are watched`() async throws {
    var scenario = scenario(4, moving: [0, 1, 2, 3])
    for index in 2..<4 { scenario.runs[index].flow = "prod-x" }
    let kit = try await WatchingKit(scenario, watch: #""match": {"flow": [{"prefix": "prod-"}]}"#)
    #expect(try await kit.watcher.sweep().active == 2)
    for index in 0..<4 { kit.simulator.move("run_\(index)", to: .succeeded) }
    kit.time.advance(by: .seconds(1))
    let report = try await kit.watcher.sweep()
    #expect((report.newEvents, report.active) == (2, 0))
    #expect(try await Set(kit.told()) == ["run_2 succeeded", "run_3 succeeded"])
    await kit.end()
  }
}
