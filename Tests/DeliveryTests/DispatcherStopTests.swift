import Locking
import Runs
import Simulator
import Storage
import TestSupport
import Testing

@testable import Delivery

/// A destination that asks to be left alone for good: nothing is lost by it, and the no is not taken for ever.
@Suite(.timeLimit(.minutes(6))) struct DispatcherStopTests {
  private static let day: Duration = .seconds(86_400)

  private func enqueue(_ kit: DeliveryKit, _ range: Range<Int>) async throws {
    for index in range { try await kit.enqueue(run: "run_\(index)", [kit.delivery("msg_\(index)")]) }
  }

  @Test func `what got the no dies, the rest waits, and one a day asks again until there is a yes`() async throws {
    var kit = try await DeliveryKit(options: #""concurrency": 1"#)
    kit.simulator.setAnswers([.status(410, times: 2), .status(503)], forInbox: "sink")
    try await enqueue(kit, 0..<70)
    try await kit.enqueue(run: "run_5", phase: "Running", at: 2, [kit.delivery("second")])
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived() == ["msg_0"])
    #expect(try await kit.record("msg_0")?.reason == "gone: answered 410")
    #expect(try await kit.store.counts() == DeliveryCounts(pending: 70, dead: 1))
    kit.time.advance(by: Self.day - .seconds(1))
    try kit.restart()
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived().count == 1)
    kit.time.advance(by: .seconds(1))
    try await kit.deliverWhatIsDue()
    // It asked, and must not die of the answer.
    #expect(kit.arrived() == ["msg_0", "msg_1"])
    #expect(try await kit.record("msg_1")?.status == .pending)
    #expect(try await kit.record("msg_1")?.reason == "gone: answered 410")
    kit.time.advance(by: Self.day)
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived().count == 3)
    #expect(try await kit.store.destinationStates().first?.stoppedReason == "answered 410")
    kit.time.advance(by: .seconds(1) + Self.day - .seconds(7_200))
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived().count == 3)
    await kit.end()
  }

  @Test func `a yes to the question of the day lets everything go`() async throws {
    let kit = try await DeliveryKit(options: #""concurrency": 2"#)
    kit.simulator.setAnswers([.status(410)], forInbox: "sink")
    try await kit.enqueue(run: "first", [kit.delivery("first")])
    try await kit.deliverWhatIsDue()
    try await enqueue(kit, 0..<70)
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived() == ["first"])
    kit.time.advance(by: Self.day)
    try await kit.deliverWhatIsDue()
    #expect(try await kit.store.counts() == DeliveryCounts(delivered: 70, dead: 1))
    #expect(try await kit.store.destinationStates().first?.stoppedAt == nil)
    await kit.end()
  }

  @Test func `other settings open it at once`() async throws {
    var kit = try await DeliveryKit(options: #""concurrency": 1"#)
    kit.simulator.setAnswers([.status(410)], forInbox: "sink")
    try await enqueue(kit, 0..<3)
    try await kit.deliverWhatIsDue()
    try kit.restart(options: #""headers": {"X-New": "1"}"#)
    try await kit.deliverWhatIsDue()
    #expect(try await kit.store.counts() == DeliveryCounts(delivered: 2, dead: 1))
    #expect(try await kit.store.destinationStates().isEmpty)
    await kit.end()
  }

  @Test func `what waits for it ends when its time is over, and is followed by what comes then`() async throws {
    let kit = try await DeliveryKit(options: #""concurrency": 1, "retryFor": "1h""#)
    kit.simulator.setAnswers([.status(410)], forInbox: "sink")
    try await enqueue(kit, 0..<3)
    try await kit.deliverWhatIsDue()
    kit.time.advance(by: .seconds(1_800))
    try await enqueue(kit, 3..<4)
    kit.time.advance(by: .seconds(1_801))
    try await kit.deliverWhatIsDue()
    #expect(try await kit.store.counts() == DeliveryCounts(pending: 1, dead: 3))
    let reason = "given up, the destination has been stopped until its time was over: answered 410"
    #expect(try await kit.record("msg_2")?.reason == reason)
    #expect(try await kit.record("msg_2")?.attempts == 0)
    #expect(await kit.dispatcher.deadCount == 3)
    await kit.end()
  }

  @Test func `a stop that an earlier version has written down is asked about at the start`() async throws {
    var kit = try await DeliveryKit()
    kit.simulator.setAnswers([.status(410)], forInbox: "sink")
    try await enqueue(kit, 0..<1)
    try await kit.deliverWhatIsDue()
    var batch = SettlementBatch()
    var state = try #require(try await kit.store.destinationStates().first)
    (state.failures, state.nextProbeAt) = (0, nil)
    batch.destinations = [state]
    _ = try await kit.store.settle(batch, at: kit.time.now)
    try await enqueue(kit, 1..<3)
    try kit.restart()
    try await kit.deliverWhatIsDue()
    #expect(try await kit.store.counts() == DeliveryCounts(delivered: 2, dead: 1))
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
    kit.time.advance(by: Self.day)
    try await kit.deliverWhatIsDue()
    #expect(told.withLock { $0 } == ["sink: the destination has stopped: answered 410"])
    #expect(kit.arrived("other") == ["tell"])
    let dead = try await kit.store.counts().dead
    #expect((1...4).contains(dead))
    #expect(kit.arrived().count == dead + 1)
    await kit.end()
  }

  @Test func `what is under way when it stops may still arrive, and opens nothing`() async throws {
    let kit = try await DeliveryKit(options: #""concurrency": 2"#)
    kit.simulator.setAnswers([.status(410), ScriptedAnswer(.usual, delay: 50)], forInbox: "sink")
    try await enqueue(kit, 0..<3)
    try await kit.deliverWhatIsDue()
    #expect(try await kit.store.counts() == DeliveryCounts(pending: 1, delivered: 1, dead: 1))
    await kit.end()
  }

  @Test func `who waits for all to be settled doesn't wait for a stopped destination`() async throws {
    let kit = try await DeliveryKit(options: #""concurrency": 1"#)
    kit.simulator.setAnswers([.status(410)], forInbox: "sink")
    try await enqueue(kit, 0..<3)
    kit.dispatcher.finish(.whenAllIsSettled)
    try await kit.dispatcher.run()
    #expect(await kit.dispatcher.stuckCount == 2)
    await kit.end()
  }
}
