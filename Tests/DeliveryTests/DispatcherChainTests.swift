import Locking
import Rules
import Runs
import Simulator
import Storage
import TestSupport
import Testing

@testable import Delivery

/// What begins when a delivery has settled.
@Suite(.timeLimit(.minutes(6))) struct DispatcherChainTests {
  /// After `X` comes `X.then` or `X.onFailure`, to `other`; what the dispatcher knew of the end is taken down.
  private static func kit(
    options: String = "", heard: Locked<[String]> = Locked([])
  ) async throws -> DeliveryKit {
    var kit = try await DeliveryKit(options: options)
    try kit.restart(steps: steps(heard))
    return kit
  }

  private static func steps(_ heard: Locked<[String]>) -> DeliveryPlan.Steps {
    { settled, result, error, _ in
      heard.withLock { $0.append("\(settled.label) \(result.stdout ?? "") \(error ?? "")") }
      let branch = error == nil ? ChainLink.Branch.then : .onFailure
      var next = NewDelivery(
        id: "\(settled.id).\(branch.rawValue)", rule: settled.rule, destination: "other", content: .event)
      next.link = ChainLink(parent: settled.id, branch)
      return [next]
    }
  }

  private func chained(
    _ id: String, to destination: Target = "sink", _ content: DeliveryContent = .event, once: Bool = false
  ) -> NewDelivery {
    var delivery = NewDelivery(id: id, rule: "r", destination: destination, content: content)
    delivery.action = "step"
    delivery.continuation = Array("{}".utf8)
    delivery.isOnce = once
    return delivery
  }

  private func shell(_ script: String) -> DeliveryContent { .hook(HookCall(command: .shell(script))) }

  @Test func `what was delivered is followed by its next step, and what died by its other one`() async throws {
    let heard = Locked<[String]>([])
    let kit = try await Self.kit(heard: heard)
    kit.simulator.setAnswers([.status(200), .status(404)], forInbox: "sink")
    try await kit.enqueue([chained("a")])
    try await kit.deliverWhatIsDue()
    try await kit.enqueue(at: 2, [chained("b")])
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived("other") == ["a.then", "b.onFailure"])
    #expect(heard.withLock { $0 } == ["step  ", "step  clientError: answered 404"])
    let chain = try #require(try await kit.store.delivery(id: "a.then")).chain
    #expect(chain.map(\.record.id) == ["a", "a.then"])
    #expect(chain.last?.record.link == ChainLink(parent: "a", .then))
    await kit.end()
  }

  @Test func `an attempt that will be repeated is followed by nothing`() async throws {
    let kit = try await Self.kit()
    kit.simulator.setAnswers([.status(503)], forInbox: "sink")
    try await kit.enqueue([chained("a")])
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived("other") == [])
    kit.time.advance(by: .seconds(7))
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived("other") == ["a.then"])
    await kit.end()
  }

  @Test func `what a hook wrote is there for later steps, without its last line feeds and at most 32 KiB of it`()
    async throws
  {
    let heard = Locked<[String]>([])
    let kit = try await Self.kit(heard: heard)
    try await kit.enqueue([chained("a", to: .hook, shell("printf 'v7 é\\n\\n\\n'"))])
    try await kit.enqueue(run: "run_b", [chained("b", to: .hook, shell("head -c 100000 /dev/zero | tr '\\0' x"))])
    try await kit.deliverWhatIsDue()
    let said = heard.withLock { $0.sorted { $0.utf8.count < $1.utf8.count } }
    #expect(said.first == "step v7 é ")
    #expect(said.last?.utf8.count == 32 * 1024 + "step  ".utf8.count)
    await kit.end()
  }

  @Test func `a step that is known already is left as it is`() async throws {
    let kit = try await Self.kit()
    try await kit.enqueue([chained("a")])
    try await kit.deliverWhatIsDue()
    var again = ReplayFilter()
    again.ids = ["a"]
    _ = try await kit.store.replay(again, at: kit.time.now)
    kit.dispatcher.wake()
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived() == ["a", "a"])
    #expect(kit.arrived("other") == ["a.then"])
    await kit.end()
  }

  @Test func `a dead step that is sent again and arrives goes on where it would have`() async throws {
    let kit = try await Self.kit()
    kit.simulator.setAnswers([.status(404)], forInbox: "sink")
    try await kit.enqueue([chained("a")])
    try await kit.deliverWhatIsDue()
    var again = ReplayFilter()
    again.ids = ["a"]
    _ = try await kit.store.replay(again, at: kit.time.now)
    kit.dispatcher.wake()
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived("other") == ["a.onFailure", "a.then"])
    await kit.end()
  }

  @Test func `what waits for a stopped destination until its time is over is followed by its other steps, one by one`()
    async throws
  {
    let kit = try await Self.kit(options: #""concurrency": 1, "retryFor": "1h""#)
    kit.simulator.setAnswers([.status(410)], forInbox: "sink")
    try await kit.enqueue([chained("a"), kit.delivery("plain"), chained("b"), chained("c")])
    try await kit.enqueue(phase: "Running", at: 2, [chained("later")])
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived() == ["a"])
    #expect(kit.arrived("other") == ["a.onFailure"])
    kit.time.advance(by: .seconds(3_601))
    try await kit.deliverWhatIsDue()
    #expect(Set(kit.arrived("other")) == ["a.onFailure", "b.onFailure", "c.onFailure", "later.onFailure"])
    for id in ["a", "b", "plain", "later"] { #expect(try await kit.record(id)?.status == .dead, "\(id)") }
    #expect(try await kit.record("b")?.attempts == 0)
    #expect(await kit.dispatcher.deadCount == 5)
    await kit.end()
  }

  @Test func `what grows too old while its destination fails dies, and is followed by its other step`() async throws {
    let kit = try await Self.kit(options: #""retryFor": "1h", "concurrency": 1"#)
    kit.simulator.setAnswers([.status(500, times: nil)], forInbox: "sink")
    try await kit.enqueue((0..<12).map { chained("m\($0)") })
    // Until a probe comes that is later than their time.
    for _ in 0..<60 {
      try await kit.deliverWhatIsDue()
      kit.time.advance(by: .seconds(300))
    }
    try await kit.deliverWhatIsDue()
    #expect(Set(kit.arrived("other")) == Set((0..<12).map { "m\($0).onFailure" }))
    await kit.end()
  }

  @Test func `a hook that must not run twice dies when a kill cut it off, and others are made again`() async throws {
    var kit = try await Self.kit()
    try await kit.enqueue([
      chained("once", to: .hook, shell("exit 0"), once: true), chained("again", to: .hook, shell("exit 0")),
    ])
    // A process that is killed leaves its claims.
    _ = try await kit.store.claim(destination: .hook, limit: 2, at: kit.time.now)
    try kit.restart(steps: Self.steps(Locked([])))
    #expect(try await kit.store.releaseClaims(at: kit.time.now) == 1)
    try await kit.deliverWhatIsDue()
    let once = try #require(try await kit.store.delivery(id: "once"))
    #expect(once.record.status == .dead)
    #expect(once.record.reason == "cut off before it ended, and it must not run twice (\"once\")")
    #expect(once.attempts.map(\.number) == [1])
    #expect(try await kit.record("again")?.status == .delivered)
    #expect(try await kit.record("again")?.attempts == 2)
    #expect(Set(kit.arrived("other")) == ["once.onFailure", "again.then"])
    await kit.end()
  }

  @Test func `an action with a number of its own runs so many at once`() async throws {
    var kit = try await Self.kit()
    let directory = try ScratchDirectory()
    try kit.restart(concurrency: [Lane(.hook, owner: "r/alone"): 1])
    // Each would see the other's mark if they ran together.
    let script =
      "mkdir \(directory.path)/lock && head -c 300000 /dev/urandom > /dev/null && rmdir \(directory.path)/lock"
    for index in 0..<6 {
      try await kit.enqueue(
        run: "run_\(index)", [kit.delivery("m\(index)", to: .lane(Lane(.hook, owner: "r/alone")), shell(script))])
    }
    try await kit.deliverWhatIsDue()
    for index in 0..<6 { #expect(try await kit.record("m\(index)")?.status == .delivered) }
    await kit.end()
  }
}
