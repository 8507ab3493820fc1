import Rules
import Runs
import Simulator
import Storage
import TestSupport
import Testing
import ViAPI

@testable import Watching

@Suite(.timeLimit(.minutes(6))) struct WatcherTests {
  private func scenario(_ count: Int) -> Scenario {
    var scenario = Scenario(maximumPageSize: 10)
    scenario.runs = (0..<count).map { ScriptedRun("run_\($0)", flow: "flow", dialect: nil, created: 0) }
    return scenario
  }

  @Test func `every run of every page is seen, and each end is told once`() async throws {
    let kit = try await WatchingKit(scenario(35))
    _ = try await kit.watcher.sweep()
    for index in 0..<35 { kit.simulator.move("run_\(index)", to: .failed) }
    kit.time.advance(by: .seconds(1))
    let report = try await kit.watcher.sweep()
    #expect(report.newEvents == 35)
    #expect(report.active == 0)
    #expect(try await kit.watcher.sweep().newEvents == 0)
    #expect(try await Set(kit.told()) == Set((0..<35).map { "run_\($0) failed" }))
    await kit.end()
  }

  @Test func `what happened first is told first`() async throws {
    let kit = try await WatchingKit(scenario(3))
    _ = try await kit.watcher.sweep()
    for (index, second) in [(1, 10), (0, 20), (2, 30)] {
      kit.simulator.move("run_\(index)", to: .succeeded, at: kit.time.now.milliseconds + Int64(second) * 1000)
    }
    kit.time.advance(by: .seconds(60))
    _ = try await kit.watcher.sweep()
    #expect(try await kit.told() == ["run_1 succeeded", "run_0 succeeded", "run_2 succeeded"])
    await kit.end()
  }

  @Test(arguments: [
    Fault(on: .list, after: 1, .init(.malformed)), Fault(on: .list, after: 1, .init(.cutShort)),
    Fault(on: .list, after: 1, .init(.reset, times: nil)), Fault(on: .list, after: 1, .status(500)),
    Fault(on: .list, after: 1, .status(429, headers: ["Retry-After": "7"])),
    Fault(on: .list, after: 1, .status(200, body: #"{"message":"maintenance"}"#)),
    Fault(on: .list, after: 1, .status(200, body: "<html></html>")),
  ])
  func `a sweep that was not read to its end changes nothing`(fault: Fault) async throws {
    let kit = try await WatchingKit(scenario(25))
    _ = try await kit.watcher.sweep()
    let before = try await kit.store.ledger(organization: Scenario.defaultOrganization).runs
    for index in 0..<25 { kit.simulator.move("run_\(index)", to: .error) }
    kit.simulator.inject(fault)
    await #expect(throws: SourceError.self) { try await kit.watcher.sweep() }
    #expect(try await kit.store.ledger(organization: Scenario.defaultOrganization).runs == before)
    kit.simulator.setFaults([])
    #expect(try await kit.watcher.sweep().newEvents == 25)
    await kit.end()
  }

  @Test func `a token that comes a second time ends the sweep`() async throws {
    let kit = try await WatchingKit(scenario(3))
    let circle = ScriptedAnswer(
      .status(200, headers: [:], body: Array(#"{"items":[],"nextPage":"a"}"#.utf8)), times: nil)
    kit.simulator.inject(Fault(on: .list, circle))
    await #expect(throws: SourceError.self) { try await kit.watcher.sweep() }
    #expect(kit.simulator.requestCount(.list) == 2)
    await kit.end()
  }

  @Test func `a run that can't be read hides no other`() async throws {
    var scenario = scenario(5)
    scenario.runs.append(
      ScriptedRun("run_odd", flow: "x", created: 0, document: Array(#"{"runId":"run_odd","status":"nonsense"}"#.utf8)))
    let kit = try await WatchingKit(scenario, watch: #""since": "all""#)
    for index in 0..<5 { kit.simulator.move("run_\(index)", to: .cancelled) }
    #expect(try await kit.watcher.sweep().newEvents == 5)
    await kit.end()
  }

  @Test func `runs that are named are the only ones asked for`() async throws {
    let kit = try await WatchingKit(scenario(5), watch: #""runs": ["run_1", "run_none"]"#)
    kit.simulator.move("run_1", to: .succeeded)
    kit.simulator.move("run_2", to: .succeeded)
    let report = try await kit.watcher.sweep()
    #expect(report.missing == ["run_none"])
    #expect(try await kit.told() == ["run_1 succeeded"])
    #expect(kit.simulator.requestCount(.list) == 0)
    #expect(try await kit.watcher.sweep().newEvents == 0)
    await kit.end()
  }
}
