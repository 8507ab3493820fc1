import Rules
import Runs
import Simulator
import Storage
import Telemetry
import TestSupport
import Testing

@testable import Delivery

/// What the dispatcher decides is counted where it decides it.
@Suite(.timeLimit(.minutes(6))) struct DispatcherTelemetryTests {
  @Test func `there is a word for every way in which an attempt ends`() {
    let outcomes = [Outcome.delivered, .interrupted] + FailureReason.allCases.map(Outcome.rejected)
    for outcome in outcomes { #expect(AttemptResultWord(outcome).word == outcome.word) }
    #expect(outcomes.count == AttemptResultWord.allCases.count)
  }

  @Test func `every type of destination and of work has its own place`() {
    let types =
      DestinationSettings.Kind.allCases.map { TargetType(of: $0) } + Lane.Kind.allCases.map { TargetType(of: Lane($0)) }
    #expect(types.map(\.place) == Array(0...TargetType.words.count))
    #expect(TargetType.words[TargetType.hook.place] == "hook")
  }

  @Test func `attempts count by type and result, deliveries by their end`() async throws {
    let kit = try await DeliveryKit()
    kit.simulator.setAnswers([.status(500), .status(200), .status(404)], forInbox: "sink")
    try await kit.enqueue([kit.delivery("m1")])
    try await kit.deliverWhatIsDue()
    kit.time.advance(by: .seconds(60))
    try await kit.deliverWhatIsDue()
    try await kit.enqueue(run: "run_b", [kit.delivery("m2")])
    try await kit.enqueue(
      run: "run_c", [kit.delivery("h1", to: .hook, .hook(HookCall(command: .run(["/bin/false"]))))])
    try await kit.deliverWhatIsDue()
    let telemetry = kit.dispatcher.telemetry
    for (result, type) in [
      (AttemptResultWord.serverError, "webhook"), (.delivered, "webhook"), (.clientError, "webhook"),
      (.hookFailed, "hook"),
    ] {
      #expect(telemetry.attempts[type].value(result) == 1, "\(result) \(type)")
    }
    #expect(telemetry.snapshot.filter { $0.name == "vi_notify_attempts_total" }.reduce(0) { $0 + $1.value } == 4)
    #expect(telemetry.attemptTime["webhook"].count == 3)
    #expect(telemetry.attemptTime["hook"].count == 1)
    #expect(telemetry.deliveryTime.count == 1)
    #expect(telemetry.deliveries.value(.delivered) == 1)
    #expect(telemetry.deliveries.value(.dead) == 2)
    await kit.end()
  }

  @Test func `a hook counts by how it ended`() async throws {
    let kit = try await DeliveryKit()
    for (index, script) in ["true", "exit 3", "exit 75", "kill -KILL $$", "sleep 60"].enumerated() {
      let call = DeliveryContent.hook(HookCall(command: .shell(script)))
      try await kit.enqueue(
        run: "run_\(index)",
        [NewDelivery(id: "h\(index)", rule: "r", destination: .hook, content: call, timeout: .milliseconds(500))])
    }
    try await kit.deliverWhatIsDue()
    #expect(HookExit.allCases.map(kit.dispatcher.telemetry.hookExits.value) == [1, 2, 1, 1])
    await kit.end()
  }

  @Test func `a circuit counts when it opens and when it closes, and each pause that is asked for`() async throws {
    let kit = try await DeliveryKit(options: #""concurrency": 1"#)
    let telemetry = kit.dispatcher.telemetry
    kit.simulator.setAnswers(
      [.status(429, headers: ["Retry-After": "30"])] + Array(repeating: .status(500), count: 5), forInbox: "sink")
    for index in 0..<6 { try await kit.enqueue(run: "run_\(index)", [kit.delivery("m\(index)")]) }
    try await kit.deliverWhatIsDue()
    #expect(telemetry.holds.value(.only) == 1)
    kit.time.advance(by: .seconds(30))
    try await kit.deliverWhatIsDue()
    #expect(CircuitChange.allCases.map(telemetry.circuits.value) == [1, 0, 0])
    kit.time.advance(by: .seconds(60))
    try await kit.deliverWhatIsDue()
    #expect(CircuitChange.allCases.map(telemetry.circuits.value) == [1, 1, 0])
    kit.simulator.setAnswers([.status(410)], forInbox: "sink")
    try await kit.enqueue(run: "run_last", [kit.delivery("last")])
    try await kit.deliverWhatIsDue()
    #expect(CircuitChange.allCases.map(telemetry.circuits.value) == [1, 1, 1])
    await kit.end()
  }

  @Test func `deliveries that wait for a missing destination are known at the start, when they come, and when they go`()
    async throws
  {
    var kit = try await DeliveryKit()
    try await kit.enqueue([kit.delivery("m1", to: "late"), kit.delivery("m2", to: "late")])
    try await kit.deliverWhatIsDue()
    #expect(kit.dispatcher.telemetry.homeless.value == 2)
    try await kit.enqueue(run: "run_b", [kit.delivery("m3", to: "lost")])
    try await kit.deliverWhatIsDue()
    #expect(kit.dispatcher.telemetry.homeless.value == 3)
    kit.time.advance(by: .seconds(73 * 3_600))
    try await kit.deliverWhatIsDue()
    kit.time.advance(by: .seconds(61))
    try await kit.deliverWhatIsDue()
    #expect(kit.dispatcher.telemetry.homeless.value == 0)
    #expect(kit.dispatcher.telemetry.deliveries.value(.dead) == 3)
    try kit.restart()
    try await kit.deliverWhatIsDue()
    #expect(kit.dispatcher.telemetry.homeless.value == 0)
    await kit.end()
  }
}
