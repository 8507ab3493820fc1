import JSONSource
import Testing

@testable import Simulator

@Suite struct FaultTests {
  private func simulator(_ faults: Fault...) -> Simulator {
    Simulator(scenario: Scenario(runs: [ScriptedRun("run_a", created: 0)], faults: faults), now: ManualClock().read)
  }

  private func statuses(_ simulator: Simulator, _ path: String, _ count: Int) -> [Int] {
    (0..<count).map { _ in simulator.respond(to: .api(path)).status }
  }

  @Test func `a fault lets some requests pass, hits some, and is over`() {
    let simulator = simulator(Fault(on: .list, after: 2, .status(429, headers: ["Retry-After": "3"], times: 2)))
    #expect(statuses(simulator, "runs/run_a", 3) == [200, 200, 200])
    #expect(statuses(simulator, "runs", 6) == [200, 200, 429, 429, 200, 200])
    #expect(simulator.requestCount(.list) == 6)
    #expect(simulator.requestCount() == 9)
  }

  @Test func `a fault on nothing in particular hits everything`() {
    let simulator = simulator(Fault(.status(503, times: nil)))
    #expect(statuses(simulator, "runs", 2) + statuses(simulator, "runs/run_a", 2) == [503, 503, 503, 503])
    simulator.setFaults([])
    #expect(statuses(simulator, "runs", 1) == [200])
  }

  @Test func `a fault injected later counts from then`() {
    let simulator = simulator()
    #expect(statuses(simulator, "runs", 3) == [200, 200, 200])
    simulator.inject(Fault(on: .list, after: 1, .status(500)))
    #expect(statuses(simulator, "runs", 3) == [200, 500, 200])
  }

  @Test func `a malformed answer is half of a good one`() {
    let simulator = simulator(Fault(on: .get, ScriptedAnswer(.malformed)))
    let answer = simulator.respond(to: .api("runs/run_a"))
    #expect(answer.status == 200)
    #expect(!answer.bytes.isEmpty)
    #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: answer.bytes) }
  }

  @Test(.timeLimit(.minutes(6)))
  func `faults over the wire: closed without a word, cut short, an error with its headers`() async throws {
    let faults = [
      Fault(on: .list, ScriptedAnswer(.reset)), Fault(on: .list, after: 1, ScriptedAnswer(.cutShort)),
      Fault(on: .list, after: 2, .status(429, headers: ["Retry-After": "3"], body: "slow down")),
    ]
    try await withSimulator(Scenario(runs: [ScriptedRun("run_a", created: 0)], faults: faults)) { simulator in
      // Kept alive: it must be the server that closes.
      #expect(try await simulator.sendAPI("runs", keepAlive: true).isEmpty)
      let cut = try await simulator.sendAPI("runs", keepAlive: true)
      #expect(cut.status == 200)
      #expect(cut.header("Content-Length").flatMap { Int($0) } ?? 0 > cut.body.count)
      #expect(!cut.body.isEmpty)
      let refused = try await simulator.sendAPI("runs")
      #expect(refused.status == 429 && refused.header("Retry-After") == "3" && refused.text == "slow down")
      #expect(try await simulator.sendAPI("runs").status == 200)
    }
  }

  @Test func `a hanging answer ends when the simulator stops`() async throws {
    let simulator = simulator(Fault(on: .list, ScriptedAnswer(.hang)))
    try await simulator.start()
    async let answer = simulator.sendAPI("runs")
    try await simulator.requestCount(.list, atLeast: 1)
    await simulator.stop()
    #expect(try await answer.body.isEmpty)
  }
}
