import JSONSource
import Runs
import Simulator
import Storage
import TestSupport
import Testing
import ViAPI

@testable import Watching

/// Events that no phase tells of: runs that are gone, runs that stay, a source out of sight.
@Suite(.timeLimit(.minutes(6))) struct WatchEventsTests {
  private func scenario(_ count: Int = 30) -> Scenario {
    var scenario = Scenario(maximumPageSize: 10)
    scenario.runs = (0..<count).map { place in
      let created = -Int64(place + 1) * 60_000
      return ScriptedRun("run_\(place)", flow: "detector", created: created, life: [.init(at: created + 1, .running)])
    }
    return scenario
  }

  private static let gone = #""on": ["disappeared", "terminal"]"#

  @Test(arguments: ["run_0", "run_29"])
  func `a run that is deleted while it runs has disappeared, and is told so once`(id: String) async throws {
    let kit = try await WatchingKit(scenario(), on: Self.gone)
    for _ in 0..<2 { _ = try await kit.watcher.sweep() }
    kit.simulator.delete(id)
    for _ in 0..<2 {
      kit.time.advance(by: .seconds(60))
      let report = try await kit.watcher.sweep()
      #expect((report.newEvents, report.active) == (0, 30))
    }
    kit.time.advance(by: .seconds(60))
    let report = try await kit.watcher.sweep()
    #expect((report.newEvents, report.active) == (1, 29))
    let event = try await #require(kit.events().first)
    #expect(event["type"]?.string == "com.datature.vi.run.disappeared")
    #expect(event["data"]?["phase"]?.string == "disappeared")
    #expect(event["data"]?["previousPhase"]?.string == "running")
    #expect(event["data"]?["flow"]?.string == "detector")
    #expect(event["data"]?["run"]?["runId"]?.string == id)
    kit.time.advance(by: .seconds(1_000))
    #expect(try await kit.watcher.sweep().newEvents == 0)
    #expect(try await kit.restarted().sweep().newEvents == 0)
    await kit.end()
  }

  @Test func `a run that was deleted while nobody watched has disappeared`() async throws {
    let kit = try await WatchingKit(scenario(1), on: Self.gone)
    _ = try await kit.watcher.sweep()
    kit.simulator.add(ScriptedRun("run_new", flow: "ocr", created: kit.time.now.milliseconds))
    _ = try await kit.watcher.sweep()
    kit.simulator.delete("run_new")
    kit.simulator.delete("run_0")
    kit.time.advance(by: .seconds(172_800))
    let again = try kit.restarted()
    for events in [0, 0, 2] {
      #expect(try await again.sweep().newEvents == events)
      kit.time.advance(by: .seconds(60))
    }
    let flows = try await Set(kit.events().suffix(2).map { $0["data"]?["flow"]?.string })
    // Nothing was ever told of run_0, which was there from the beginning.
    #expect(flows == ["ocr", nil])
    await kit.end()
  }

  @Test func `a run that ended and is deleted then is nobody's business`() async throws {
    let kit = try await WatchingKit(scenario(2), on: Self.gone)
    kit.simulator.move("run_0", to: .succeeded)
    for _ in 0..<2 { _ = try await kit.watcher.sweep() }
    kit.simulator.delete("run_0")
    kit.time.advance(by: .seconds(1_000))
    #expect(try await kit.watcher.sweep().newEvents == 0)
    await kit.end()
  }

  @Test func `a run that an answer hides is not gone`() async throws {
    let kit = try await WatchingKit(scenario(), on: Self.gone)
    for _ in 0..<2 { _ = try await kit.watcher.sweep() }
    kit.simulator.inject(Fault(on: .get, .status(404, times: 30)))
    kit.time.advance(by: .seconds(30))
    #expect(try await kit.watcher.sweep().active == 30)
    #expect(try await kit.told().isEmpty)
    await kit.end()
  }

  @Test func `a rule with a time fires once when a run stays, also across a restart`() async throws {
    let kit = try await WatchingKit(scenario(1), on: #""on": "running", "for": "12h""#)
    _ = try await kit.watcher.sweep()
    kit.time.advance(by: .seconds(12 * 3600 - 61))
    #expect(try await kit.watcher.sweep().newEvents == 0)
    kit.time.advance(by: .seconds(2))
    #expect(try await kit.watcher.sweep().newDeliveries == 1)
    let event = try await #require(kit.events().first)
    #expect(event["data"]?["durationSeconds"]?.integer == Int64(43_200))
    #expect(event["type"]?.string == "com.datature.vi.run.running")
    #expect(try await kit.watcher.sweep().newEvents == 0)
    kit.time.advance(by: .seconds(86_400))
    #expect(try await kit.restarted().sweep().newEvents == 0)
    await kit.end()
  }

  @Test func `a run that went on in time is not told`() async throws {
    let kit = try await WatchingKit(scenario(1), on: #""on": "running", "for": "1h""#)
    _ = try await kit.watcher.sweep()
    kit.simulator.move("run_0", to: .succeeded)
    kit.time.advance(by: .seconds(7_200))
    _ = try await kit.watcher.sweep()
    #expect(try await kit.told().isEmpty)
    await kit.end()
  }

  @Test(arguments: [3_600, -3_600, 0])
  func `a stay is measured by the API's clock, whatever ours says`(skew: Int64) async throws {
    var scenario = Scenario()
    scenario.runs = [ScriptedRun("run_0", created: -1_000, life: [.init(at: 0, .running)])]
    let kit = try await WatchingKit(scenario, on: #""on": "running", "for": "2h""#, skew: .seconds(skew))
    // One answer alone is not believed.
    for _ in 0..<3 { #expect(try await kit.watcher.sweep().newEvents == 0) }
    kit.time.advance(by: .seconds(7_198))
    #expect(try await kit.watcher.sweep().newEvents == 0)
    kit.time.advance(by: .seconds(4))
    #expect(try await kit.watcher.sweep().newEvents == 1)
    await kit.end()
  }

  @Test func `a source out of sight is told once, and once that it is back`() async throws {
    let kit = try await WatchingKit(
      scenario(1), watch: #""unreachableAfter": "5m""#, on: #""on": ["sourceUnreachable", "sourceRecovered"]"#)
    _ = try await kit.watcher.sweep()
    kit.simulator.inject(Fault(on: .list, .status(503, times: 3)))
    for _ in 0..<2 {
      kit.time.advance(by: .seconds(149))
      await #expect(throws: SourceError.self) { try await kit.watcher.failingSweep() }
      #expect(try await !kit.watcher.tellOutage())
    }
    kit.time.advance(by: .seconds(2))
    #expect(try await kit.watcher.tellOutage())
    #expect(try await !kit.watcher.tellOutage())
    let again = try kit.restarted()
    await #expect(throws: SourceError.self) { try await again.failingSweep() }
    kit.time.advance(by: .seconds(3_600))
    #expect(try await !again.tellOutage())
    #expect(try await again.sweep().newEvents == 1)
    #expect(try await again.sweep().newEvents == 0)
    let types = try await kit.events().map { $0["type"]?.string }
    #expect(types == ["com.datature.vi.source.unreachable", "com.datature.vi.source.recovered"])
    #expect(try await kit.events().last?["data"]?["durationSeconds"]?.integer == Int64(3_900))
    await kit.end()
  }

  @Test func `a machine that was asleep has not lost sight of anything`() async throws {
    let kit = try await WatchingKit(scenario(1))
    _ = try await kit.watcher.sweep()
    kit.time.advance(by: .seconds(86_400))
    #expect(try await !kit.watcher.tellOutage())
    await kit.end()
  }
}

extension Watcher {
  /// A sweep that fails is noted, as the loop does it.
  fileprivate func failingSweep() async throws {
    do {
      _ = try await sweep()
    } catch let error as SourceError {
      remember(error)
      throw error
    }
  }
}
