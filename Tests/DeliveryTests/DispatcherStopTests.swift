import Locking
import Runs
import Simulator
import Storage
import TestSupport
import Testing

@testable import Delivery

/// A destination that asks to be left alone for good.
@Suite(.timeLimit(.minutes(1))) struct DispatcherStopTests {
  private static let reason = "the destination has stopped: answered 410"

  private func enqueue(_ kit: DeliveryKit, _ range: Range<Int>) async throws {
    for index in range { try await kit.enqueue(run: "run_\(index)", [kit.delivery("msg_\(index)")]) }
  }

  @Test func `all it had dies with it, what comes later, too, and other settings start anew`() async throws {
    var kit = try await DeliveryKit(options: #""concurrency": 1"#)
    kit.simulator.setAnswers([.status(500), .status(410)], forInbox: "sink")
    try await enqueue(kit, 0..<70)
    try await kit.enqueue(run: "run_5", phase: "Running", at: 2, [kit.delivery("second")])
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived() == ["msg_0", "msg_1"])
    #expect(try await kit.record("msg_1")?.reason == "gone: answered 410")
    // One that is not due for long, one that waited for another, one at the end of the line.
    for id in ["msg_0", "second", "msg_69"] { #expect(try await kit.record(id)?.reason == Self.reason) }
    #expect(try await kit.store.counts() == DeliveryCounts(dead: 71))
    #expect(await kit.dispatcher.deadCount == 71)
    try await enqueue(kit, 70..<73)
    try await kit.deliverWhatIsDue()
    try kit.restart()
    try await enqueue(kit, 73..<75)
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived().count == 2)
    #expect(try await kit.store.counts() == DeliveryCounts(dead: 76))
    #expect(try await kit.record("msg_74")?.reason == Self.reason)
    try kit.restart(options: #""headers": {"X-New": "1"}"#)
    try await enqueue(kit, 75..<77)
    try await kit.deliverWhatIsDue()
    #expect(Set(kit.arrived().dropFirst(2)) == ["msg_75", "msg_76"])
    #expect(try await kit.store.destinationStates().isEmpty)
    await kit.end()
  }

  @Test func `more than one commit holds die as well, also when a kill came in between`() async throws {
    var kit = try await DeliveryKit(options: #""concurrency": 1"#)
    kit.simulator.setAnswers([.status(410)], forInbox: "sink")
    var commit = SweepCommit(organization: "org", time: kit.time.now)
    for index in 0..<2_500 {
      let event = try kit.event(run: "run_\(index)")
      commit.events.append(NewEvent(event: event, deliveries: [kit.delivery("msg_\(index)")]))
    }
    _ = try await kit.store.commit(commit)
    // As if the process had been killed after the commit of the stop.
    let state = DestinationState(name: "sink", fingerprint: "f", stoppedAt: kit.time.now, stoppedReason: "answered 410")
    var batch = SettlementBatch()
    batch.destinations = [state]
    batch.burials = [Burial(destination: "sink", reason: Self.reason)]
    let result = try await kit.store.settle(batch, at: kit.time.now)
    #expect(result.buried == 1_000)
    try kit.restart()
    try await kit.deliverWhatIsDue()
    // The fingerprint is not the one of these settings: the stop is forgotten, and met again.
    #expect(kit.arrived().count == 1)
    #expect(try await kit.store.counts() == DeliveryCounts(dead: 2_500))
    await kit.end()
  }

  @Test func `the stop is an event, committed with it, once`() async throws {
    var kit = try await DeliveryKit(options: #""concurrency": 4"#)
    kit.simulator.setAnswers([.status(410, times: nil)], forInbox: "sink")
    let told = Locked<[String]>([])
    let event = try kit.event(run: "stop")
    let delivery = kit.delivery("tell", to: "other")
    try kit.restart { destination, reason, _ in
      told.withLock { $0.append("\(destination): \(reason)") }
      return NewEvent(event: event, deliveries: [delivery])
    }
    try await enqueue(kit, 0..<9)
    try await kit.deliverWhatIsDue()
    #expect(told.withLock { $0 } == ["sink: \(Self.reason)"])
    #expect(kit.arrived("other") == ["tell"])
    #expect((1...4).contains(kit.arrived().count))
    #expect(try await kit.store.counts() == DeliveryCounts(delivered: 1, dead: 9))
    await kit.end()
  }

  @Test func `what is under way when it stops may still arrive`() async throws {
    let kit = try await DeliveryKit(options: #""concurrency": 2"#)
    kit.simulator.setAnswers([.status(410), ScriptedAnswer(.usual, delay: 50)], forInbox: "sink")
    try await enqueue(kit, 0..<2)
    try await kit.deliverWhatIsDue()
    #expect(try await kit.store.counts() == DeliveryCounts(delivered: 1, dead: 1))
    await kit.end()
  }
}
