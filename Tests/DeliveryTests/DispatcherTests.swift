import Runs
import Simulator
import Storage
import TestSupport
import Testing

@testable import Delivery

@Suite(.timeLimit(.minutes(6))) struct DispatcherTests {
  @Test func `a delivery arrives with its id, and its attempt is written down`() async throws {
    let kit = try await DeliveryKit(
      options: #""secret": "${env:S}""#, variables: ["S": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    try await kit.enqueue([kit.delivery("msg_1")])
    try await kit.deliverWhatIsDue()
    let request = try #require(kit.simulator.inbox("sink").first)
    #expect(request.headers["webhook-id"] == "msg_1")
    #expect(request.headers["content-type"] == "application/cloudevents+json; charset=UTF-8")
    #expect(request.headers["webhook-timestamp"] == "\(kit.time.now.milliseconds / 1000)")
    #expect(request.headers["webhook-signature"]?.hasPrefix("v1,") == true)
    let detail = try #require(try await kit.store.delivery(id: "msg_1"))
    #expect(detail.record.status == .delivered)
    #expect(detail.attempts.map(\.outcome) == ["delivered"])
    #expect(detail.attempts.map(\.code) == [200])
    #expect(request.body == detail.event)
    await kit.end()
  }

  @Test func `what fails is repeated under the same id when its time has come, not before`() async throws {
    let kit = try await DeliveryKit()
    kit.simulator.setAnswers([.status(500), .status(503, headers: ["Retry-After": "90"])], forInbox: "sink")
    try await kit.enqueue([kit.delivery("msg_1")])
    try await kit.deliverWhatIsDue()
    kit.time.advance(by: .seconds(3))
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived() == ["msg_1"])
    kit.time.advance(by: .seconds(3))
    try await kit.deliverWhatIsDue()
    let next = try await kit.record("msg_1")?.nextAttemptAt
    #expect(next == kit.time.now + .seconds(90))
    kit.time.advance(by: .seconds(90))
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived() == ["msg_1", "msg_1", "msg_1"])
    #expect(try await kit.record("msg_1")?.attempts == 3)
    #expect(try await kit.record("msg_1")?.status == .delivered)
    await kit.end()
  }

  @Test func `a final no makes a dead letter that says why`() async throws {
    let kit = try await DeliveryKit()
    kit.simulator.setAnswers([.status(422, body: "no such field")], forInbox: "sink")
    try await kit.enqueue([kit.delivery("msg_1")])
    try await kit.deliverWhatIsDue()
    let detail = try #require(try await kit.store.delivery(id: "msg_1"))
    #expect(detail.record.status == .dead)
    #expect(detail.record.reason == "clientError: answered 422")
    #expect(detail.attempts.map(\.output) == ["no such field"])
    await kit.end()
  }

  @Test func `a delivery dies when the time for retries is over`() async throws {
    let kit = try await DeliveryKit(options: #""retryFor": "10s""#)
    kit.simulator.setAnswers([.status(500, times: nil)], forInbox: "sink")
    try await kit.enqueue([kit.delivery("msg_1")])
    try await kit.deliverWhatIsDue()
    kit.time.advance(by: .seconds(7))
    try await kit.deliverWhatIsDue()
    kit.time.advance(by: .seconds(3))
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived().count == 3)
    #expect(try await kit.record("msg_1")?.reason == "given up after 10s: serverError: answered 500")
    await kit.end()
  }

  @Test func `a later event of a run waits for an earlier one, and not for a dead one`() async throws {
    let kit = try await DeliveryKit()
    kit.simulator.setAnswers([.status(500), .status(400)], forInbox: "sink")
    try await kit.enqueue(at: 1, [kit.delivery("msg_1")])
    try await kit.enqueue(phase: "Running", at: 2, [kit.delivery("msg_2")])
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived() == ["msg_1"])
    kit.time.advance(by: .seconds(6))
    try await kit.deliverWhatIsDue()
    #expect(kit.arrived().suffix(2) == ["msg_1", "msg_2"])
    #expect(try await kit.record("msg_2")?.status == .delivered)
    await kit.end()
  }

  @Test func `a destination that hangs holds up no other`() async throws {
    let kit = try await DeliveryKit(options: #""concurrency": 2"#)
    kit.simulator.setAnswers([ScriptedAnswer(.hang, times: nil)], forInbox: "sink")
    for index in 0..<5 {
      try await kit.enqueue(
        run: "run_\(index)", [kit.delivery("msg_\(index)"), kit.delivery("ok_\(index)", to: "other")])
    }
    let running = Task { try await kit.dispatcher.run() }
    try await kit.simulator.inboxCount("other", atLeast: 5)
    try await kit.simulator.inboxCount("sink", atLeast: 2)
    #expect(kit.arrived().count == 2)
    // An answer that is cut off before it was written down doesn't count.
    while try await kit.store.counts().delivered < 5 { await Task.yield() }
    running.cancel()
    _ = await running.result
    let counts = try await kit.store.counts()
    #expect(counts.claimed == 0 && counts.dead == 0 && counts.pending == 5 && counts.delivered == 5)
    #expect(try await kit.record("msg_0")?.attempts == 0)
    await kit.end()
  }

  @Test func `a hook gets the event, and its exit status decides`() async throws {
    let kit = try await DeliveryKit()
    let good = HookCall(
      command: .shell("test \"$VI_RUN_ID $VI_PHASE $VI_ATTEMPT\" = 'run_a failed 1' && grep -q specversion"))
    try await kit.enqueue([
      kit.delivery("msg_good", to: .hook, .hook(good)),
      kit.delivery("msg_bad", to: .hook, .hook(HookCall(command: .shell("echo why; exit 3")))),
      kit.delivery("msg_later", to: .hook, .hook(HookCall(command: .run(["/bin/sh", "-c", "exit 75"])))),
    ])
    try await kit.deliverWhatIsDue()
    #expect(try await kit.record("msg_good")?.status == .delivered)
    #expect(try await kit.record("msg_bad")?.reason == "hookFailed: exited with 3")
    #expect(try await kit.store.delivery(id: "msg_bad")?.attempts.map(\.output) == ["why\n"])
    #expect(try await kit.record("msg_later")?.status == .pending)
    await kit.end()
  }

  @Test func `what a receiver echoes shows no secret`() async throws {
    let kit = try await DeliveryKit(
      options: #""headers": {"Authorization": "Bearer ${env:TOKEN}"}"#, variables: ["TOKEN": "tok-123456"])
    kit.simulator.setAnswers([.status(400, body: "bad token tok-123456")], forInbox: "sink")
    try await kit.enqueue([kit.delivery("msg_1")])
    try await kit.deliverWhatIsDue()
    #expect(kit.simulator.inbox("sink").first?.headers["authorization"] == "Bearer tok-123456")
    #expect(try await kit.store.delivery(id: "msg_1")?.attempts.map(\.output) == ["bad token •••"])
    await kit.end()
  }
}
