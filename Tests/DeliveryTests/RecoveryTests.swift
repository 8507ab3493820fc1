import Runs
import Simulator
import Storage
import TestSupport
import Testing

@testable import Delivery

/// How late after an outage what waits arrives, at a real outbox and a real receiver.
@Suite(.timeLimit(.minutes(5))) struct RecoveryTests {
  /// Seconds from the end of the outage to the arrivals, in order; and how many requests went into the outage.
  private func recovery(after outage: Duration, of count: Int, spread: Duration) async throws -> (
    late: [Double], intoOutage: Int
  ) {
    let kit = try await DeliveryKit()
    kit.simulator.setAnswers([.status(503, times: nil)], forInbox: "sink")
    let running = Task { try await kit.dispatcher.run() }
    for index in 0..<count {
      try await kit.enqueue(run: "r\(index)", [kit.delivery("m\(index)")])
      try await kit.live(for: spread / count)
    }
    try await kit.live(for: outage - spread)
    let (intoOutage, end) = (kit.arrived().count, kit.time.now)
    kit.simulator.setAnswers([], forInbox: "sink")
    try await kit.live(for: .seconds(120))
    #expect(try await kit.store.counts() == DeliveryCounts(delivered: count))
    let late = kit.simulator.inbox("sink").dropFirst(intoOutage).map { Double($0.time - end.milliseconds) / 1000 }
    running.cancel()
    _ = await running.result
    await kit.end()
    return (late, intoOutage)
  }

  @Test(arguments: [30, 240] + (Effort.isThorough ? [3_600, 3 * 3_600] : []))
  func `twelve that wait through an outage arrive within a minute of its end`(seconds: Int) async throws {
    let outage = Duration.seconds(seconds)
    let (late, intoOutage) = try await recovery(after: outage, of: 12, spread: min(outage, .seconds(200)))
    #expect(late.count == 12)
    let (median, last) = (late[late.count / 2], late.last ?? .infinity)
    #expect(last <= 60)
    // Five until the breaker opens, one more that was on its way, and two soon after it.
    #expect(intoOutage <= seconds / 60 + 8 + 3)
    print("outage \(seconds) s: median \(median) s, last \(last) s late, \(intoOutage) requests into it")
  }

  @Test(arguments: [20, 100, 300, 2_000])
  func `one that waits alone, so that the breaker opens late, arrives within a minute, too`(seconds: Int) async throws {
    let (late, intoOutage) = try await recovery(after: .seconds(seconds), of: 1, spread: .zero)
    #expect(late.count == 1 && late[0] <= 60)
    #expect(intoOutage <= seconds / 60 + 5)
  }

  @Test func `what a process was killed before letting go is let go by the next`() async throws {
    var kit = try await DeliveryKit(options: #""concurrency": 1"#)
    kit.simulator.setAnswers([.status(500, times: 3)], forInbox: "sink")
    for index in 0..<3 { try await kit.enqueue(run: "r\(index)", [kit.delivery("m\(index)")]) }
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived().count == 3)
    var batch = SettlementBatch()
    batch.destinations = [DestinationState(name: "sink", fingerprint: "another")]
    _ = try await kit.store.settle(batch, at: kit.time.now)
    try kit.restart()
    try await kit.deliverWhatIsDue()
    #expect(try await kit.store.counts() == DeliveryCounts(delivered: 3))
    await kit.end()
  }

  @Test func `quiet hours hold what waits for the morning, also when the destination is seen to work`() async throws {
    let kit = try await DeliveryKit(
      options: #""concurrency": 1, "quiet": {"from": "00:00", "to": "23:59", "tz": "UTC"}"#)
    kit.simulator.setAnswers([.status(500, times: 2)], forInbox: "sink")
    var quiet = kit.delivery("quiet")
    quiet.defers = true
    try await kit.enqueue(run: "a", [quiet])
    try await kit.enqueue(run: "b", [kit.delivery("urgent")])
    let running = Task { try await kit.dispatcher.run() }
    try await kit.live(for: .seconds(90))
    #expect(kit.arrived() == ["quiet", "urgent", "urgent"])
    #expect(try await kit.record("quiet")?.nextAttemptAt?.iso8601.contains("T23:59") == true)
    running.cancel()
    _ = await running.result
    await kit.end()
  }

  @Test func `who hastens what waits has its destination probed now, by the process that runs`() async throws {
    let kit = try await DeliveryKit()
    kit.simulator.setAnswers([.status(500, times: nil)], forInbox: "sink")
    for index in 0..<8 { try await kit.enqueue(run: "r\(index)", [kit.delivery("m\(index)")]) }
    let running = Task { try await kit.dispatcher.run() }
    try await kit.live(for: .seconds(1_000))
    kit.simulator.setAnswers([], forInbox: "sink")
    let before = kit.arrived().count
    #expect(try await kit.store.hasten(ids: ["m3"], at: kit.time.now) == ["m3"])
    kit.dispatcher.wake()
    try await kit.live(for: .milliseconds(1))
    #expect(kit.arrived().count == before + 8)
    #expect(try await kit.store.counts() == DeliveryCounts(delivered: 8))
    running.cancel()
    _ = await running.result
    await kit.end()
  }

  @Test func `one that its destination never takes is tried once a minute at most, however many others it takes`()
    async throws
  {
    let kit = try await DeliveryKit(options: #""concurrency": 1"#)
    let running = Task { try await kit.dispatcher.run() }
    for minute in 0..<10 {
      for index in 0..<20 {
        // The poisoned one is always the first after the clock has moved: it is due the longest.
        let isPoisonDue = minute == 0 && index == 0
        if isPoisonDue { kit.simulator.setAnswers([.status(500)], forInbox: "sink") }
        try await kit.enqueue(run: "r\(minute)_\(index)", [kit.delivery("m\(minute)_\(index)")])
        try await kit.live(for: .seconds(3))
      }
    }
    let attempts = try await kit.record("m0_0")?.attempts ?? 0
    #expect(attempts <= 10)
    running.cancel()
    _ = await running.result
    await kit.end()
  }

  @Test func `what waits lives until its time is over, and dies with the last probe`() async throws {
    let kit = try await DeliveryKit(options: #""retryFor": "30m""#)
    kit.simulator.setAnswers([.status(500, times: nil)], forInbox: "sink")
    for index in 0..<8 { try await kit.enqueue(run: "r\(index)", [kit.delivery("m\(index)")]) }
    let running = Task { try await kit.dispatcher.run() }
    try await kit.live(for: .seconds(1_799))
    #expect(try await kit.store.counts() == DeliveryCounts(pending: 8))
    try await kit.live(for: .seconds(62))
    #expect(try await kit.store.counts() == DeliveryCounts(dead: 8))
    running.cancel()
    _ = await running.result
    await kit.end()
  }
}
