import Rules
import Runs
import Storage
import TestSupport
import Testing

@testable import Delivery

/// What the dispatcher decides, without a socket, a file or a clock.
@Suite(.timeLimit(.minutes(6))) struct DispatcherStateTests {
  private static let sink = #""sink": {"type": "webhook", "url": "https://x.example/", "concurrency": 2}"#
  private static let paced =
    #""paced": {"type": "webhook", "url": "https://x.example/", "concurrency": 2, "rateLimit": {"count": 3, "per": "10s"}}"#
  private let failure = AttemptResult(outcome: .retry(.serverError, after: nil))
  private let success = AttemptResult(outcome: .delivered)

  private func world(_ destinations: String = sink) throws -> StateWorld {
    StateWorld(try StateWorld.plan(destinations))
  }

  @Test func `as many start as may, and one more for each that ends`() throws {
    var world = try world()
    for run in 1...5 { world.add(run: "r\(run)", to: "sink") }
    world.look()
    #expect(world.startAll() == 2)
    #expect(world.startAll() == 0)
    world.end(success)
    #expect(world.startAll() == 1)
    #expect(world.breaches.isEmpty)
  }

  @Test func `nothing is asked for without a reason`() throws {
    var world = try world()
    world.look()
    var state = world.state
    let looks = state.look(at: world.now)
    #expect(!looks)
    #expect(state.nextWake(at: world.moment) == nil)
    #expect(state.isIdle(at: world.now))
    state.noteNextDue(world.now + .seconds(5))
    #expect(state.nextWake(at: world.moment) == world.now + .seconds(5))
    let looksThen = state.look(at: world.now + .seconds(5))
    #expect(looksThen)
  }

  @Test func `an end that isn't durable keeps its delivery from being read again, and idleness away`() throws {
    var world = try world()
    world.add(run: "r", to: "sink")
    world.look()
    world.startAll()
    world.end(failure)
    world.add(run: "r2", to: "sink")
    #expect(!world.state.isIdle(at: world.now))
    world.look()
    #expect(world.startAll() == 1)
    #expect(world.breaches.isEmpty)
    world.commit()
    #expect(world.rows[0].attempts == 1)
  }

  @Test func `so many answers are unwritten at most`() throws {
    var world = try world(#""sink": {"type": "webhook", "url": "https://x.example/", "concurrency": 64}"#)
    for run in 0..<400 { world.add(run: "r\(run)", to: "sink") }
    var ended = 0
    while true {
      world.look()
      guard world.startAll() > 0 else { break }
      while !world.underWay.isEmpty {
        world.end(success)
        ended += 1
      }
    }
    #expect(ended >= DispatcherState.maxUnwritten && ended < DispatcherState.maxUnwritten + 64)
    world.commit()
    world.look()
    #expect(world.startAll() > 0)
  }

  @Test func `a pause that was asked for holds the destination and sets the time to look again`() throws {
    var world = try world()
    for run in 1...3 { world.add(run: "r\(run)", to: "sink") }
    world.look()
    world.startAll()
    world.end(AttemptResult(outcome: .retry(.rateLimited, after: .seconds(30)), hold: .seconds(30)))
    world.end(success)
    world.commit()
    world.look()
    #expect(world.startAll() == 0)
    #expect(world.state.nextWake(at: world.moment) == world.now + .seconds(30))
    world.pass(.seconds(30))
    world.look()
    #expect(world.startAll() == 2)
  }

  @Test func `one that fails five times is probed by one at a time, and a success lets all go`() throws {
    var world = try world(Self.sink.replacing("2}", with: "5}"))
    for run in 1...9 { world.add(run: "r\(run)", to: "sink") }
    world.look()
    #expect(world.startAll() == 5)
    while !world.underWay.isEmpty { world.end(failure) }
    world.commit()
    world.look()
    #expect(world.startAll() == 0)
    let probe = try #require(world.state.nextWake(at: world.moment))
    #expect(probe == world.now + .seconds(5))
    world.pass(.seconds(5))
    world.look()
    #expect(world.startAll() == 1)
    #expect(world.startAll() == 0)
    world.end(success)
    world.look()
    world.commit()
    world.look()
    #expect(world.startAll() == 5)
    #expect(world.breaches.isEmpty)
  }

  @Test func `a destination that leaves and comes back has what is under way`() throws {
    var world = try world()
    let plans = (try StateWorld.plan(""), try StateWorld.plan(Self.sink))
    for run in 1...3 { world.add(run: "r\(run)", to: "sink") }
    world.look()
    #expect(world.startAll() == 2)
    world.use(plans.0)
    world.look()
    #expect(world.state.missing == ["sink"])
    #expect(world.startAll() == 0)
    // As another one under the same name: then what the old one's attempts say is not its own.
    world.use(plans.1, fingerprints: ["sink": "other"])
    world.look()
    #expect(world.startAll() == 0)
    for _ in 0..<2 { world.end(failure) }
    world.look()
    #expect(world.startAll() == 1)
    #expect(world.breaches.isEmpty)
    #expect(!world.state.asksForProbes)
  }

  @Test func `what waits for a destination that isn't there is looked at once a minute for being too old`() throws {
    var world = try world()
    world.add(run: "r", to: "gone")
    world.look()
    let wake = try #require(world.state.nextWake(at: world.moment))
    #expect(wake - world.now <= DispatcherState.betweenExpiries + .milliseconds(1))
    var state = world.state
    world.pass(DispatcherState.betweenExpiries)
    let expired = (state.expired(at: world.moment.uptime), state.expired(at: world.moment.uptime))
    #expect(expired.0.map(\.destination) == ["gone"])
    #expect(expired.1.isEmpty)
    #expect(state.stuck(of: ["gone": 1]) == 1)
    #expect(state.stuck(of: ["gone": 1, "sink": 1]) == nil)
  }

  /// Destinations that come, go, become others and change their limits; answers of every kind; a clock that is set.
  ///
  /// 180 and 328 found a probe beside an attempt that began before its destination became another.
  @Test(arguments: Set(Effort.seeds(5, thorough: 100)).union([180, 328]).sorted())
  func `whatever happens, nothing overtakes, doubles, exceeds its limits or is forgotten`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let plans = try Self.plans()
    var world = StateWorld(plans[0])
    let targets: [Target] = ["sink", "paced", "late", .lane(Lane(.hook))]
    for _ in 0..<400 {
      switch Int.random(in: 0..<12, using: &random) {
      case 0, 1:
        if let target = targets.randomElement(using: &random) {
          world.add(
            .random(in: 1...3, using: &random), run: "r\(Int.random(in: 0..<6, using: &random))", to: target)
        }
      case 2...5:
        guard !world.underWay.isEmpty else { continue }
        world.end(
          Self.result(&random), at: .random(in: world.underWay.indices, using: &random),
          randomness: .random(in: 0..<1, using: &random))
      case 6: world.commit()
      case 7, 8: world.pass(.milliseconds(.random(in: 0...20_000, using: &random)))
      case 9:
        world.use(
          plans[.random(in: plans.indices, using: &random)],
          fingerprints: [
            "late": "late\(Int.random(in: 0..<2, using: &random))", "paced": "\(Int.random(in: 0..<2, using: &random))",
          ])
      case 10:
        if Int.random(in: 0..<6, using: &random) == 0 {
          world.step(by: .seconds(.random(in: -4_000...4_000, using: &random)))
        }
      default: break
      }
      world.look()
      world.startAll()
    }
    // What is cut off is there again, and nothing else tells of it.
    while !world.underWay.isEmpty { world.end(AttemptResult(outcome: .interrupted)) }
    world.use(plans[0])
    try Self.settle(&world, seed)
    #expect(world.breaches.isEmpty, "seed \(seed): \(world.breaches.prefix(3))")
    Self.expectPace(world.started["paced"] ?? [], count: 3, per: .seconds(10), seed)
  }

  private static func plans() throws -> [DeliveryPlan] {
    let late = #""late": {"type": "webhook", "url": "https://y.example/", "concurrency": 3}"#
    return [
      try StateWorld.plan("\(sink), \(paced), \(late)"),
      try StateWorld.plan("\(sink.replacing("2}", with: "1}")), \(paced)", concurrency: [Lane(.hook): 1]),
      try StateWorld.plan("\(paced), \(late.replacing("3}", with: "2}"))"),
      try StateWorld.plan(sink),
    ]
  }

  private static func result(_ random: inout SeededGenerator) -> AttemptResult {
    switch Int.random(in: 0..<10, using: &random) {
    case 0...3: AttemptResult(outcome: .delivered)
    case 4...6: AttemptResult(outcome: .retry(.serverError, after: nil))
    case 7: AttemptResult(outcome: .retry(.rateLimited, after: .seconds(9)), hold: .seconds(9))
    case 8: AttemptResult(outcome: .interrupted)
    default: AttemptResult(outcome: .rejected(.clientError))
    }
  }

  /// From now on all arrives: everything must settle, from one wake to the next.
  private static func settle(_ world: inout StateWorld, _ seed: UInt64) throws {
    for _ in 0..<20_000 where world.unsettled > 0 {
      world.look()
      world.startAll()
      if !world.underWay.isEmpty {
        world.end(AttemptResult(outcome: .delivered))
        world.commit()
        continue
      }
      if world.state.wantsCommit {
        world.commit()
        continue
      }
      // As `Dispatcher` does: it waits until the next wake, and without one for ever.
      var state = world.state
      if state.look(at: world.now) { continue }
      guard let wake = world.state.nextWake(at: world.moment) else { break }
      world.pass(max(.zero, wake - world.now))
    }
    #expect(world.unsettled == 0, "seed \(seed): \(world.rows.filter { !$0.isSettled }.prefix(3))")
  }

  /// Of any row of starts no more than a full bucket and what has filled meanwhile.
  private static func expectPace(_ starts: [Duration], count: Int, per: Duration, _ seed: UInt64) {
    for first in starts.indices {
      for last in starts[first...].indices {
        let filled = Double((starts[last] - starts[first]).milliseconds) / Double(per.milliseconds) * Double(count)
        guard Double(last - first + 1) > Double(count) + filled + 0.01 else { continue }
        Issue.record("\(last - first + 1) starts within \((starts[last] - starts[first]).words), seed \(seed)")
        return
      }
    }
  }

  @Test
  func
    `a destination that is to be another process's is given up when its last answer is durable, however busy others are`()
    throws
  {
    var world = StateWorld(try StateWorld.plan(Self.sink + "," + Self.paced), sharedAs: [.deliver])
    for run in ["a", "b", "c"] {
      world.add(run: run, to: "sink")
      world.add(run: run, to: "paced")
    }
    world.look()
    #expect(world.startAll() == 4)
    var share = TargetShare(held: ["sink", "paced"])
    share.surplus = [.destinations: 1]
    #expect(world.hold(share) == [])
    world.look()
    // What begins now is only the others'.
    let last = try #require(world.underWay.firstIndex { $0.delivery.destination == "paced" })
    world.end(success, at: last)
    #expect(world.startAll() == 0)
    let sink = try #require(world.underWay.firstIndex { $0.delivery.destination == "sink" })
    world.end(success, at: sink)
    #expect(world.startAll() == 1)
    let other = try #require(world.underWay.firstIndex { $0.delivery.destination == "paced" })
    world.end(success, at: other)
    #expect(world.state.vacated() == [])
    world.commit()
    #expect(world.underWay.count == 2)
    #expect(world.state.vacated() == ["paced"])
    world.giveUp(["paced"])
    #expect(world.state.vacated() == [])
    #expect(world.state.targets == ["sink"])
    #expect(world.state.reading(of: "paced", at: world.now) == nil)
    // It is this one's again, after others have used its pace.
    share = TargetShare(held: ["sink", "paced"])
    #expect(world.hold(share) == ["paced"])
    #expect(world.breaches.isEmpty)
  }
}
