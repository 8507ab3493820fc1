import Runs
import Simulator
import Storage
import Telemetry
import TestSupport
import Testing
import ViAPI

@testable import Watching

/// What the watcher decides is counted where it decides it.
@Suite(.timeLimit(.minutes(6))) struct WatcherTelemetryTests {
  private func scenario(_ count: Int) -> Scenario {
    var scenario = Scenario(maximumPageSize: 10)
    scenario.runs = (0..<count).map { ScriptedRun("run_\($0)", flow: "flow", dialect: nil, created: 0) }
    return scenario
  }

  @Test func `sweeps count by their result, and the last that succeeded is known`() async throws {
    let kit = try await WatchingKit(scenario(3))
    let telemetry = kit.watcher.telemetry
    #expect(telemetry.lastSweep.value == 0)
    _ = try await kit.watcher.sweep()
    let first = Double(kit.time.now.milliseconds) / 1_000
    #expect(telemetry.lastSweep.value == first)
    kit.time.advance(by: .seconds(30))
    for fault in [
      Fault(on: .list, .init(.reset, times: nil)), Fault(on: .list, .status(401)), Fault(on: .list, .status(429)),
      Fault(on: .list, .status(200, body: "<html></html>")),
    ] {
      kit.simulator.setFaults([fault])
      await #expect(throws: SourceError.self) { try await kit.watcher.sweep() }
    }
    for result in [SweepResult.succeeded, .unreachable, .refused, .rateLimited, .notVi] {
      #expect(telemetry.sweeps.value(result) == 1, "\(result)")
    }
    #expect(telemetry.sweepTime.count == 1)
    #expect(telemetry.lastSweep.value == first)
    await kit.end()
  }

  @Test func `runs count by the phase they enter, events by what they tell of, and rules that fire`() async throws {
    let kit = try await WatchingKit(scenario(4), on: #""on": ["failed", "disappeared"]"#)
    let telemetry = kit.watcher.telemetry
    _ = try await kit.watcher.sweep()
    // What is there at the first start is nobody's news.
    #expect(telemetry.runs.value(.pending) == 0)
    kit.simulator.move("run_0", to: .failed)
    kit.simulator.move("run_1", to: .failed)
    kit.simulator.move("run_2", to: .succeeded)
    kit.time.advance(by: .seconds(30))
    let report = try await kit.watcher.sweep()
    #expect(telemetry.runs.value(.failed) == 2)
    #expect(telemetry.runs.value(.succeeded) == 1)
    #expect(telemetry.events.value(.transition) == UInt64(report.newEvents))
    #expect(telemetry.rulesFired.value("all") == 2)
    #expect(telemetry.planned.value(.only) == 2)
    #expect(telemetry.detectionTime.count == 3)
    #expect(telemetry.loops.busyTime(of: .watching, kit.time.source) == nil)
    _ = try await kit.watcher.sweep()
    #expect(telemetry.events.value(.transition) == 3)
    await kit.end()
  }

  @Test func `an outage and its end are events`() async throws {
    let kit = try await WatchingKit(
      scenario(1), watch: #""unreachableAfter": "1m""#, on: #""on": ["sourceUnreachable", "sourceRecovered"]"#)
    let telemetry = kit.watcher.telemetry
    _ = try await kit.watcher.sweep()
    kit.time.advance(by: .seconds(30))
    kit.simulator.setFaults([Fault(on: .list, .init(.reset, times: nil))])
    await #expect(throws: SourceError.self) { try await kit.watcher.sweep() }
    kit.time.advance(by: .seconds(31))
    _ = try await kit.watcher.tellOutage()
    #expect(telemetry.events.value(.sourceUnreachable) == 1)
    kit.simulator.setFaults([])
    _ = try await kit.watcher.sweep()
    #expect(telemetry.events.value(.sourceRecovered) == 1)
    #expect(telemetry.rulesFired.value("all") == 2)
    await kit.end()
  }
}
