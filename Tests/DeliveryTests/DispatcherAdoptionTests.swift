import FoundationEssentials
import Runs
import Simulator
import Storage
import TestSupport
import Testing

@testable import Delivery

/// The rules file is replaced under a running dispatcher.
@Suite(.timeLimit(.minutes(6))) struct DispatcherAdoptionTests {
  private static let late = #""late": {"type": "webhook", "url": "ENDPOINT/inbox/late"}"#

  private func whileRunning(_ kit: DeliveryKit, _ body: () async throws -> Void) async throws {
    let running = Task { try await kit.dispatcher.run() }
    try await body()
    kit.dispatcher.stop()
    try await running.value
  }

  @Test func `what waits for a destination goes when the rules have it, without a restart`() async throws {
    let kit = try await DeliveryKit()
    try await whileRunning(kit) {
      try await kit.enqueue([kit.delivery("m1", to: "late"), kit.delivery("m2")])
      try await kit.simulator.inboxCount("sink", atLeast: 1)
      await kit.dispatcher.adopt(try kit.configuration(more: Self.late))
      try await kit.simulator.inboxCount("late", atLeast: 1)
    }
    #expect(kit.arrived("late") == ["m1"])
    #expect(try await kit.record("m1")?.status == .delivered)
    await kit.end()
  }

  @Test(arguments: [#""headers": {"X-New": "1"}"#, #""concurrency": 2"#])
  func `an attempt under way ends as it began, and is not made again`(_ options: String) async throws {
    let kit = try await DeliveryKit()
    kit.simulator.setAnswers([.status(200, delay: 300)], forInbox: "sink")
    try await whileRunning(kit) {
      try await kit.enqueue([kit.delivery("m1")])
      try await kit.simulator.inboxCount("sink", atLeast: 1)
      // Away, back, and another one.
      await kit.dispatcher.adopt(try kit.configuration(without: "sink"))
      await kit.dispatcher.adopt(try kit.configuration())
      await kit.dispatcher.adopt(try kit.configuration(options: options))
      try await kit.enqueue(run: "run_b", [kit.delivery("m2")])
      try await kit.simulator.inboxCount("sink", atLeast: 2)
      try await kit.rest()
    }
    #expect(kit.arrived().sorted() == ["m1", "m2"])
    #expect(try await kit.record("m1")?.status == .delivered)
    #expect(try await kit.record("m1")?.attempts == 1)
    await kit.end()
  }

  @Test func `one that ends after its destination is gone isn't lost`() async throws {
    let kit = try await DeliveryKit()
    kit.simulator.setAnswers([.status(503, delay: 300)], forInbox: "sink")
    try await whileRunning(kit) {
      try await kit.enqueue([kit.delivery("m1")])
      try await kit.simulator.inboxCount("sink", atLeast: 1)
      await kit.dispatcher.adopt(try kit.configuration(without: "sink"))
      while try await kit.record("m1")?.attempts != 1 { try await Task.sleep(for: .microseconds(200)) }
    }
    #expect(try await kit.record("m1")?.status == .pending)
    await kit.end()
  }

  @Test func `an unchanged destination keeps its hold and its circuit, one that has become another begins anew`()
    async throws
  {
    let kit = try await DeliveryKit(options: #""concurrency": 1"#)
    kit.simulator.setAnswers([.status(429, headers: ["Retry-After": "600"])], forInbox: "sink")
    try await whileRunning(kit) {
      try await kit.enqueue([kit.delivery("m1")])
      try await kit.simulator.inboxCount("sink", atLeast: 1)
      try await kit.rest()
      await kit.dispatcher.adopt(try kit.configuration(options: #""concurrency": 3, "timeout": "5s""#))
      await kit.dispatcher.adopt(try kit.configuration(without: "sink"))
      await kit.dispatcher.adopt(try kit.configuration())
      try await kit.enqueue(run: "run_b", [kit.delivery("m2")])
      try await kit.rest()
      #expect(kit.arrived() == ["m1"])
      await kit.dispatcher.adopt(try kit.configuration(options: #""headers": {"X-New": "1"}"#))
      try await kit.simulator.inboxCount("sink", atLeast: 3)
      try await kit.rest()
    }
    #expect(kit.arrived().sorted() == ["m1", "m1", "m2"])
    await kit.end()
  }

  @Test func `what the old pace has let through counts in the new one`() async throws {
    let kit = try await DeliveryKit(options: #""rateLimit": {"count": 2, "per": "1h"}"#)
    try await whileRunning(kit) {
      try await kit.enqueue((1...5).map { kit.delivery("m\($0)", to: "sink") })
      try await kit.simulator.inboxCount("sink", atLeast: 2)
      try await kit.rest()
      for count in [2, 3, 2] {
        await kit.dispatcher.adopt(
          try kit.configuration(options: #""rateLimit": {"count": \#(count), "per": "1h"}"#))
        try await kit.rest()
      }
    }
    // An hour's pace of three has room for what one of two has left.
    #expect(kit.arrived().count <= 3)
    await kit.end()
  }

  @Test func `a hook that was claimed runs once, whatever becomes of the rules`() async throws {
    let kit = try await DeliveryKit()
    try await whileRunning(kit) {
      for index in 1...6 {
        try await kit.enqueue(
          run: "run_\(index)",
          [kit.delivery("h\(index)", to: .lane(Lane(.hook)), .hook(hookCall(kit.scratch)))])
        await kit.dispatcher.adopt(try kit.configuration(concurrency: [Lane(.hook): index % 2 + 1]))
      }
      for index in 1...6 {
        while try await kit.record("h\(index)")?.status != .delivered { try await Task.sleep(for: .microseconds(200)) }
      }
    }
    #expect(try String(contentsOfFile: kit.scratch + "/ran", encoding: .utf8) == "xxxxxx")
    await kit.end()
  }

  private func hookCall(_ directory: String) -> HookCall {
    HookCall(command: .shell("printf x >> ran"), workingDirectory: directory)
  }
}
