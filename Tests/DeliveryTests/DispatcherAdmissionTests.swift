import Runs
import Simulator
import Storage
import TestSupport
import Testing

@testable import Delivery

/// TokenBucket, waits that were asked for, and the circuit, at a real outbox.
@Suite(.timeLimit(.minutes(6))) struct DispatcherAdmissionTests {
  /// One delivery for each of so many runs.
  private func enqueue(_ kit: DeliveryKit, _ range: Range<Int>, to destination: Target = "sink") async throws {
    for index in range {
      try await kit.enqueue(run: "\(destination)_\(index)", [kit.delivery("\(destination)_\(index)", to: destination)])
    }
  }

  @Test func `no more goes out than the pace allows, and all of it in the end`() async throws {
    let kit = try await DeliveryKit(options: #""rateLimit": {"count": 2, "per": "1s"}"#)
    try await enqueue(kit, 0..<5)
    let running = Task { try await kit.deliverWhatIsDue() }
    for count in 2...5 {
      try await kit.simulator.inboxCount("sink", atLeast: count)
      await kit.time.sleepers(atLeast: count == 5 ? 0 : 1)
      #expect(kit.arrived().count == count)
      kit.time.advance(by: .milliseconds(500))
    }
    try await running.value
    #expect(try await kit.store.counts().delivered == 5)
    await kit.end()
  }

  @Test func `Retry-After holds the whole destination, no other, and also after a restart`() async throws {
    var kit = try await DeliveryKit(options: #""concurrency": 1"#)
    kit.simulator.setAnswers([.status(429, headers: ["Retry-After": "3600"])], forInbox: "sink")
    try await enqueue(kit, 0..<3)
    try await enqueue(kit, 0..<3, to: "other")
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived() == ["sink_0"])
    #expect(kit.arrived("other").count == 3)
    try kit.restart()
    kit.time.advance(by: .seconds(3599))
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived().count == 1)
    #expect(try await kit.store.destinationStates().map(\.holdUntil) == [kit.time.now + .seconds(1)])
    kit.time.advance(by: .seconds(1))
    try await kit.deliverWhatIsDue()
    #expect(Set(kit.arrived()) == ["sink_0", "sink_1", "sink_2"])
    #expect(try await kit.record("sink_0")?.attempts == 2)
    await kit.end()
  }

  @Test(arguments: [true, false])
  func `what is repeated at night waits for the morning, unless it is urgent`(defers: Bool) async throws {
    let kit = try await DeliveryKit(options: #""quiet": {"from": "00:00", "to": "23:59", "tz": "UTC"}"#)
    kit.simulator.setAnswers([.status(500)], forInbox: "sink")
    var delivery = kit.delivery("m1")
    delivery.defers = defers
    try await kit.enqueue([delivery])
    try await kit.deliverWhatIsDue()
    let next = try await #require(kit.record("m1")?.nextAttemptAt)
    #expect(next.iso8601.contains("T23:59:00.000Z") == defers)
    await kit.end()
  }

  @Test func `a success that leaves no request over holds, too`() async throws {
    let kit = try await DeliveryKit(options: #""concurrency": 1"#)
    let spent = ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "2.5"]
    kit.simulator.setAnswers([.status(204, headers: spent)], forInbox: "sink")
    try await enqueue(kit, 0..<2)
    try await kit.deliverWhatIsDue()
    kit.time.advance(by: .milliseconds(2_499))
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived() == ["sink_0"])
    kit.time.advance(by: .milliseconds(1))
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived() == ["sink_0", "sink_1"])
    await kit.end()
  }

  @Test func `who must wait beyond the time for retries is tried once after it, and then given up`() async throws {
    let kit = try await DeliveryKit(options: #""retryFor": "1m""#)
    kit.simulator.setAnswers([.status(429, headers: ["Retry-After": "600"], times: nil)], forInbox: "sink")
    try await enqueue(kit, 0..<1)
    try await kit.deliverWhatIsDue()
    #expect(try await kit.record("sink_0")?.nextAttemptAt == kit.time.now + .seconds(600))
    kit.time.advance(by: .seconds(600))
    try await kit.deliverWhatIsDue()
    #expect(try await kit.record("sink_0")?.reason == "given up after 1m: rateLimited: answered 429")
    #expect(kit.arrived().count == 2)
    await kit.end()
  }

  @Test func `what fails five times is probed by one delivery at a time, and all goes when one arrives`() async throws {
    var kit = try await DeliveryKit(options: #""concurrency": 2"#)
    kit.simulator.setAnswers([.status(500, times: 7)], forInbox: "sink")
    try await enqueue(kit, 0..<12)
    try await kit.deliverWhatIsDue()
    // The attempt beside the fifth was on its way already.
    let first = kit.arrived().count
    #expect((5...6).contains(first))
    #expect(try await kit.store.destinationStates().map(\.failures) == [5])
    for probe in 1...(7 - first) {
      try kit.restart()
      kit.time.advance(by: .seconds(probe == 1 ? 3 : 23))
      try await kit.deliverWhatIsDue()
      #expect(kit.arrived().count == first + probe - 1, "too early")
      kit.time.advance(by: .seconds(probe == 1 ? 3 : 13))
      try await kit.deliverWhatIsDue()
      #expect(kit.arrived().count == first + probe)
    }
    kit.time.advance(by: .seconds(60))
    try await kit.deliverWhatIsDue()
    #expect(try await kit.store.counts().delivered == 12)
    #expect(try await kit.store.destinationStates().map(\.failures) == [0])
    await kit.end()
  }

  @Test func `while a destination fails, what has grown too old is given up without an attempt`() async throws {
    let kit = try await DeliveryKit(options: #""concurrency": 1, "retryFor": "10s""#)
    kit.simulator.setAnswers([.status(500, times: nil)], forInbox: "sink")
    try await enqueue(kit, 0..<20)
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived().count == 5)
    kit.time.advance(by: .seconds(11))
    try await enqueue(kit, 20..<21)
    try await kit.deliverWhatIsDue()
    // The one that is young enough asks whether it is well again.
    #expect(kit.arrived().count == 6)
    #expect(try await kit.store.counts() == DeliveryCounts(pending: 1, dead: 20))
    let reason = "given up, the destination has failed until its time was over"
    #expect(try await kit.record("sink_19")?.reason == reason)
    #expect(try await kit.record("sink_19")?.attempts == 0)
    #expect(await kit.dispatcher.deadCount == 20)
    await kit.end()
  }

  @Test func `a thousand that wait for one that hangs hold up no other`() async throws {
    let kit = try await DeliveryKit(options: #""timeout": "10m""#)
    kit.simulator.setAnswers([ScriptedAnswer(.hang, times: nil)], forInbox: "sink")
    var commit = SweepCommit(organization: "org", time: kit.time.now)
    for index in 0..<1_000 {
      let run = "run_\(index)"
      commit.events.append(NewEvent(event: try kit.event(run: run), deliveries: [kit.delivery("sink_\(index)")]))
    }
    _ = try await kit.store.commit(commit)
    let running = Task { try await kit.dispatcher.run() }
    try await kit.simulator.inboxCount("sink", atLeast: 4)
    for index in 0..<20 {
      try await kit.enqueue(run: "late_\(index)", [kit.delivery("other_\(index)", to: "other")])
      try await kit.simulator.inboxCount("other", atLeast: index + 1)
    }
    #expect(kit.arrived().count == 4)
    running.cancel()
    _ = await running.result
    await kit.end()
  }

  @Test func `one that has all connections of a host under way keeps them from no other`() async throws {
    let kit = try await DeliveryKit(options: #""concurrency": 64, "timeout": "10m""#)
    kit.simulator.setAnswers([ScriptedAnswer(.hang, times: nil)], forInbox: "sink")
    var commit = SweepCommit(organization: "org", time: kit.time.now)
    for index in 0..<64 {
      commit.events.append(
        NewEvent(event: try kit.event(run: "run_\(index)"), deliveries: [kit.delivery("sink_\(index)")]))
    }
    _ = try await kit.store.commit(commit)
    let running = Task { try await kit.dispatcher.run() }
    // As many as the kit's client has for a host.
    try await kit.simulator.inboxCount("sink", atLeast: 8)
    try await kit.enqueue(run: "late", [kit.delivery("other", to: "other")])
    try await kit.simulator.inboxCount("other", atLeast: 1)
    #expect(kit.arrived().count == 8)
    running.cancel()
    _ = await running.result
    await kit.end()
  }
}
