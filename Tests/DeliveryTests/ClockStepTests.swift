import Runs
import Simulator
import Storage
import TestSupport
import Testing

@testable import Delivery

/// A clock that is set under a running dispatcher, between two of them, and while the machine is off or asleep.
@Suite(.timeLimit(.minutes(5))) struct ClockStepTests {
  @Test(arguments: Effort.seeds(3, thorough: 16))
  func `however the clock is set, nothing dies early, and what may go goes`(seed: UInt64) async throws {
    var life = try await ClockLife(seed: seed)
    try await life.live()
    await life.end()
    #expect(life.mistakes.isEmpty, "seed \(seed): \(life.mistakes.prefix(3)) after \(life.story.suffix(12))")
    #expect(life.sent > 0)
  }

  @Test(arguments: [-30 * 86_400, -3_600, -3, 3, 3_600, 30 * 86_400])
  func `a rate limit holds as long as it says when the clock is set`(step: Int) async throws {
    let kit = try await DeliveryKit(options: #""rateLimit": {"count": 1, "per": "10s"}"#)
    for index in 0..<3 { try await kit.enqueue(run: "r\(index)", [kit.delivery("m\(index)")]) }
    let running = Task { try await kit.dispatcher.run() }
    try await kit.live(for: .seconds(5))
    kit.time.stepWall(by: .seconds(step))
    kit.dispatcher.wake()
    try await kit.live(for: .milliseconds(4_990))
    #expect(kit.arrived().count == 1)
    try await kit.live(for: .milliseconds(20))
    #expect(kit.arrived().count == 2)
    try await kit.live(for: .seconds(10))
    #expect(kit.arrived().count == 3)
    running.cancel()
    _ = await running.result
    await kit.end()
  }

  @Test(arguments: [-30 * 86_400, -3_600, 3_600, 30 * 86_400], [true, false])
  func `a pause that was asked for is as long as it was asked for, with a restart and without`(
    step: Int, restarts: Bool
  ) async throws {
    var kit = try await DeliveryKit()
    _ = try await kit.store.adopt(kit.clock)
    kit.simulator.setAnswers([.status(429, headers: ["Retry-After": "600"])], forInbox: "sink")
    try await kit.enqueue([kit.delivery("m1")])
    var running = Task { [kit] in try await kit.dispatcher.run() }
    try await kit.live(for: .seconds(100))
    if restarts {
      running.cancel()
      _ = await running.result
      kit.time.stepWall(by: .seconds(step))
      try kit.restart()
      _ = try await kit.store.adopt(kit.clock)
      running = Task { [kit] in try await kit.dispatcher.run() }
    } else {
      kit.time.stepWall(by: .seconds(step))
      kit.dispatcher.wake()
    }
    try await kit.live(for: .seconds(499))
    #expect(kit.arrived().count == 1)
    try await kit.live(for: .seconds(2))
    #expect(kit.arrived().count == 2)
    running.cancel()
    _ = await running.result
    await kit.end()
  }

  /// 19:33 UTC on a winter's day.
  @Test func `quiet hours are those of the clock as it is set`() async throws {
    let kit = try await DeliveryKit(options: #""quiet": {"from": "22:00", "to": "06:00", "tz": "UTC"}"#)
    kit.time.advance(by: .seconds(3 * 3600))
    kit.dispatcher.wake()
    let running = Task { try await kit.dispatcher.run() }
    try await kit.live(for: .seconds(1))
    let night = kit.time.now
    var delivery = kit.delivery("m1")
    (delivery.defers, delivery.notBefore) = (true, Timestamp(iso8601: "2025-12-18T06:00:00Z"))
    try await kit.enqueue([delivery])
    try await kit.live(for: .seconds(60))
    #expect(kit.arrived().isEmpty)
    // To the evening of another day: the next morning is another one.
    kit.time.stepWall(by: .seconds(-20 * 86_400))
    kit.dispatcher.wake()
    try await kit.live(for: .seconds(60))
    #expect(kit.arrived().isEmpty)
    #expect(try await kit.record("m1")?.nextAttemptAt == Timestamp(iso8601: "2025-11-28T06:00:00Z"))
    kit.time.stepWall(by: .seconds(20 * 86_400 + 9 * 3600))
    #expect(kit.time.now > night + .seconds(8 * 3600))
    kit.dispatcher.wake()
    try await kit.live(for: .seconds(1))
    #expect(kit.arrived() == ["m1"])
    running.cancel()
    _ = await running.result
    await kit.end()
  }
}

/// A destination that is well or not, and a machine whose clock is set at random. Time is what has passed while the machine was
/// on.
private struct ClockLife {
  private static let retryFor = Duration.seconds(7_200)

  private var kit: DeliveryKit
  private var random: SeededGenerator
  private var running: Task<Void, any Error>?
  private var passed = Duration.zero
  private var boots = 0
  private var isWell = true
  private var enqueued: [String: Duration] = [:]
  private(set) var mistakes: [String] = []
  private(set) var story: [String] = []

  var sent: Int { kit.arrived().count }

  init(seed: UInt64) async throws {
    kit = try await DeliveryKit(options: #""rateLimit": {"count": 4, "per": "1s"}, "retryFor": "2h""#)
    random = SeededGenerator(seed: seed)
    try await start()
  }

  func end() async {
    running?.cancel()
    _ = await running?.result
    await kit.end()
  }

  private mutating func start() async throws {
    _ = try await kit.store.adopt(kit.clock)
    running = Task { [kit] in try await kit.dispatcher.run() }
  }

  private mutating func stop() async {
    running?.cancel()
    _ = await running?.result
  }

  mutating func live() async throws {
    for _ in 0..<30 where mistakes.isEmpty {
      try await step()
      try await check()
    }
    answer(well: true)
    try await pass(.seconds(700))
    try await check()
    let left = try await kit.store.unsettledCount()
    if left > 0 { mistakes.append("\(left) wait in the end") }
  }

  private mutating func step() async throws {
    switch Int.random(in: 0..<10, using: &random) {
    case 0, 1: try await come()
    case 2: answer(well: !isWell)
    case 4, 5: try await setClock()
    case 6: try await restart()
    case 7: try await reboot()
    case 8: try await sleep()
    default: try await pass(.seconds(.random(in: 1...400, using: &random)))
    }
  }

  private mutating func come() async throws {
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let id = "m\(enqueued.count)"
      enqueued[id] = passed
      // As the watcher does: by the state's clock.
      var commit = SweepCommit(organization: "org", time: kit.clock.now)
      commit.events = [NewEvent(event: try kit.event(run: "r\(id)"), deliveries: [kit.delivery(id)])]
      _ = try await kit.store.commit(commit)
    }
    kit.dispatcher.wake()
    try await pass(.seconds(2))
  }

  private mutating func answer(well: Bool) {
    story.append(well ? "well" : "ill")
    isWell = well
    kit.simulator.setAnswers(well ? [] : [.status(503, times: nil)], forInbox: "sink")
  }

  private mutating func aStep() -> Duration {
    let size = [1, 5, 3_600, 86_400, 30 * 86_400].randomElement(using: &random) ?? 1
    return .seconds(Bool.random(using: &random) ? size : -size)
  }

  private mutating func setClock() async throws {
    let step = aStep()
    story.append("clock \(step)")
    kit.time.stepWall(by: step)
    try await pass(.seconds(.random(in: 1...90, using: &random)))
  }

  private mutating func restart() async throws {
    await stop()
    let (down, step) = (Duration.seconds(.random(in: 0...300, using: &random)), aStep())
    story.append("restart after \(down), clock \(step)")
    kit.time.advance(by: down)
    passed += down
    if Bool.random(using: &random) { kit.time.stepWall(by: step) }
    try kit.restart(boot: "\(boots)")
    try await start()
    try await pass(.seconds(1))
  }

  private mutating func reboot() async throws {
    await stop()
    boots += 1
    let (off, error) = (Duration.seconds(.random(in: 10...100_000, using: &random)), aStep())
    story.append("reboot after \(off), clock \(error)")
    kit.time.reboot(off: off, error: error)
    try kit.restart(boot: "\(boots)")
    try await start()
    try await pass(.seconds(1))
  }

  /// Eight hours in which nothing runs.
  private mutating func sleep() async throws {
    story.append("asleep")
    passed += .seconds(8 * 3600)
    kit.time.advance(by: .seconds(8 * 3600))
    try await pass(.seconds(60))
  }

  /// The daemon looks for work every second.
  private mutating func pass(_ duration: Duration) async throws {
    kit.dispatcher.wake()
    try await kit.live(for: min(duration, .seconds(1)))
    passed += min(duration, .seconds(1))
    guard duration > .seconds(1) else { return }
    kit.dispatcher.wake()
    try await kit.live(for: .seconds(6))
    kit.dispatcher.wake()
    try await kit.live(for: duration)
    passed += duration + .seconds(6)
  }

  /// Nothing dies before its time, and nothing waits for a destination that has been well for longer than it takes.
  private mutating func check() async throws {
    for record in try await kit.store.deliveries(DeliveryFilter()) where record.status == .dead {
      guard let came = enqueued[record.id] else { continue }
      if passed - came < Self.retryFor {
        mistakes.append("\(record.id) died after \(passed - came): \(record.reason ?? "")")
      }
    }
  }
}
