import Runs
import Simulator
import Storage
import TestSupport
import Testing

@testable import Delivery

/// Destinations that deliveries name and that the rules file doesn't have (any more).
@Suite(.timeLimit(.minutes(6))) struct DispatcherMissingTests {
  @Test func `what is for a destination that isn't there waits untouched, and goes when it is back`() async throws {
    var kit = try await DeliveryKit()
    try await kit.enqueue([kit.delivery("m1", to: "late"), kit.delivery("m2")])
    for _ in 0..<3 {
      try await kit.deliverWhatIsDue()
      kit.time.advance(by: .seconds(3_600))
    }
    let record = try #require(try await kit.record("m1"))
    #expect((record.status, record.attempts, record.reason) == (.pending, 0, nil))
    #expect(kit.arrived() == ["m2"])
    #expect(await kit.dispatcher.missing == ["late"])
    try kit.restart(more: #""late": {"type": "webhook", "url": "ENDPOINT/inbox/late"}"#)
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived("late") == ["m1"])
    await kit.end()
  }

  @Test func `it is given up when its time is over: its own, or three days`() async throws {
    let kit = try await DeliveryKit()
    let own = NewDelivery(
      id: "own", rule: "r", destination: "gone", content: .event, retryFor: .seconds(3_600))
    try await kit.enqueue([kit.delivery("m1", to: "gone"), own])
    try await kit.deliverWhatIsDue()
    kit.time.advance(by: .seconds(3_601))
    try await kit.deliverWhatIsDue()
    let reason = "given up, the rules file had no destination gone until its time was over"
    #expect(try await kit.record("own")?.reason == reason)
    #expect(try await kit.record("m1")?.status == .pending)
    kit.time.advance(by: .seconds(71 * 3_600))
    try await kit.deliverWhatIsDue()
    #expect(try await kit.record("m1")?.reason == reason)
    #expect(await kit.dispatcher.deadCount == 2)
    await kit.end()
  }

  @Test func `who waits for all to be settled doesn't wait for what isn't there`() async throws {
    let kit = try await DeliveryKit()
    try await kit.enqueue([kit.delivery("m1", to: "gone"), kit.delivery("m2")])
    kit.dispatcher.finish(.whenAllIsSettled)
    try await kit.dispatcher.run()
    #expect(kit.arrived() == ["m2"])
    #expect(await kit.dispatcher.stuckCount == 1)
    await kit.end()
  }

  @Test func `a step that this version can't read has no place to wait for`() async throws {
    let kit = try await DeliveryKit()
    try await kit.enqueue([kit.delivery("m1", to: .lane(Lane(.lost)))])
    try await kit.deliverWhatIsDue()
    #expect(try await kit.record("m1")?.status == .dead)
    await kit.end()
  }
}
