import JSONSource
import Runs
import Simulator
import Storage
import TestSupport
import Testing

@testable import Delivery

/// Messages whose destination has another type than the one they were made for.
@Suite(.timeLimit(.minutes(6))) struct DispatcherFormTests {
  private static let chat = #""chat": {"type": "slack", "url": "ENDPOINT/inbox/chat"}"#

  private func delivery(_ id: String, to destination: Target, made form: String?, isStandard: Bool) -> NewDelivery {
    var delivery = NewDelivery(
      id: id, rule: "r", destination: destination, content: .body(Array(#"{"text":"old words"}"#.utf8)))
    (delivery.form, delivery.isStandard) = (form, isStandard)
    return delivery
  }

  @Test func `an event that goes to a chat becomes our words, and our words that go to a webhook the event`()
    async throws
  {
    var kit = try await DeliveryKit()
    try kit.restart(more: Self.chat)
    try await kit.enqueue([
      kit.delivery("event", to: "chat"), delivery("words", to: "sink", made: "slack", isStandard: true),
    ])
    try await kit.deliverWhatIsDue()
    let chat = try JSONDocument(parsing: #require(kit.simulator.inbox("chat").first).body)
    #expect(chat.root["text"]?.string?.contains("run_a") == true)
    let sink = try JSONDocument(parsing: #require(kit.simulator.inbox("sink").first).body)
    #expect(sink.root["data"]?["runId"]?.string == "run_a")
    #expect(kit.arrived() == ["words"])
    await kit.end()
  }

  @Test func `a message of the user's own waits, without an attempt, until its time is over`() async throws {
    let kit = try await DeliveryKit(options: #""retryFor": "1h""#)
    try await kit.enqueue([delivery("own", to: "sink", made: "slack", isStandard: false)])
    for _ in 0..<4 {
      try await kit.deliverWhatIsDue()
      kit.time.advance(by: .seconds(400))
    }
    var record = try #require(try await kit.record("own"))
    #expect((record.status, record.attempts) == (.pending, 0))
    #expect(
      record.reason?.hasPrefix("wrongForm: the message was made for a destination of type slack, and sink is of")
        == true)
    #expect(try await kit.store.delivery(id: "own")?.attempts.isEmpty == true)
    #expect(kit.arrived().isEmpty)
    // It says nothing about the destination.
    #expect(try await kit.store.destinationStates().allSatisfy { $0.failures == 0 })
    for _ in 0..<6 {
      kit.time.advance(by: .seconds(400))
      try await kit.deliverWhatIsDue()
    }
    record = try #require(try await kit.record("own"))
    #expect(record.status == .dead)
    #expect(record.reason?.hasPrefix("given up after 1h: wrongForm: ") == true)
    await kit.end()
  }

  @Test func `what it was made for, and what an earlier version made, goes as it is`() async throws {
    let kit = try await DeliveryKit()
    try await kit.enqueue([
      delivery("same", to: "sink", made: "webhook", isStandard: false),
      delivery("early", to: "sink", made: nil, isStandard: false),
    ])
    try await kit.deliverWhatIsDue()
    #expect(Set(kit.arrived()) == ["same", "early"])
    #expect(kit.simulator.inbox("sink").allSatisfy { $0.body == Array(#"{"text":"old words"}"#.utf8) })
    await kit.end()
  }

  @Test func `what is sent elsewhere while it is read ahead counts where it was sent`() async throws {
    let kit = try await DeliveryKit()
    try await kit.enqueue([kit.delivery("m1")])
    let read = try #require(try await kit.store.due(destination: "sink", limit: 1, at: kit.time.now, except: []).first)
    var filter = ReplayFilter()
    filter.ids = ["m1"]
    let moved = try await kit.store.redirect(filter, to: "other", type: "webhook", at: kit.time.now)
    #expect(moved.moved == ["m1"])
    // The attempt at its old place ends only now.
    let record = AttemptRecord(number: 1, startedAt: kit.time.now, finishedAt: kit.time.now, outcome: "delivered")
    try await kit.store.settle(read, as: .delivered, record)
    kit.dispatcher.wake()
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived("other") == ["m1"])
    #expect(try await kit.record("m1")?.status == .delivered)
    await kit.end()
  }
}
