import JSONSource
import Locking
import Testing

@testable import Simulator

@Suite struct InboxTests {
  private let simulator = Simulator(now: ManualClock().read)

  private func send(_ method: String, _ target: String, _ body: String = "") -> Answer {
    simulator.respond(
      to: ReceivedRequest(time: 7, method: method, target: target, headers: ["X-Kind": "Test"], body: Array(body.utf8)))
  }

  @Test func `whatever comes is recorded with everything and answered ok`() {
    #expect(send("POST", "/inbox/chat/deep?x=1", "hello").text == "ok")
    #expect(send("PUT", "/inbox/chat").status == 200)
    let arrivals = simulator.inbox("chat")
    #expect(arrivals.map(\.method) == ["POST", "PUT"])
    #expect(arrivals[0].path == "/inbox/chat/deep" && arrivals[0].query == ["x": "1"])
    #expect(arrivals[0].headers["x-kind"] == "Test")
    #expect(arrivals[0].text == "hello")
    #expect(simulator.inbox("other").isEmpty)
  }

  @Test func `scripted answers are given in turn and then it is ok again`() {
    let list = #"[{"status":503,"headers":{"Retry-After":"3"},"body":"no","times":2},{"status":410}]"#
    #expect(send("PUT", "/simulator/inbox/chat", list).status == 204)
    #expect((0..<4).map { _ in send("POST", "/inbox/chat").status } == [503, 503, 410, 200])
    simulator.setAnswers([.status(500, times: nil)], forInbox: "chat")
    #expect((0..<4).map { _ in send("POST", "/inbox/chat").status } == [500, 500, 500, 500])
    #expect(send("POST", "/inbox/other").status == 200)
  }

  @Test func `a mistake in what is asked for changes nothing and is told with its place`() {
    let answer = send("PUT", "/simulator/inbox/chat", #"[{"state":503}]"#)
    #expect(answer.status == 400)
    #expect(answer.json["message"]?.string?.hasPrefix(#"1:3: error: an answer has no member "state""#) == true)
    #expect(send("POST", "/inbox/chat").status == 200)
  }

  @Test func `what arrived can be listed and forgotten`() throws {
    _ = send("POST", "/inbox/chat", #"{"a":"é"}"#)
    _ = simulator.respond(to: ReceivedRequest(time: 8, method: "POST", target: "/inbox/raw", body: [0xFF, 0x00]))
    let all = try #require(send("GET", "/simulator/inbox").json.elements)
    #expect(all.compactMap { $0["inbox"]?.string } == ["chat", "raw"])
    #expect(all[0]["body"]?.string == #"{"a":"é"}"#)
    #expect(all[1]["bodyBase64"]?.string == "/wA=")
    #expect(send("GET", "/simulator/inbox/raw").json.elements?.count == 1)
    #expect(send("DELETE", "/simulator/inbox").status == 204)
    #expect(send("GET", "/simulator/inbox").json.elements?.count == 0)
  }

  @Test func `a run can be added while the simulator runs`() {
    #expect(
      send("POST", "/simulator/runs", #"{"runId":"run_new","life":[{"after":"1s","phase":"running"}]}"#).status == 204)
    #expect(simulator.respond(to: .api("runs/run_new")).status == 200)
    #expect(send("POST", "/simulator/runs", #"{"runId":"run new"}"#).status == 400)
  }

  @Test func `who waits for arrivals goes on when they have come`() async throws {
    async let waiting: Void = simulator.inboxCount("chat", atLeast: 3)
    while simulator.state.withLock({ $0.waiters.isEmpty }) { await Task.yield() }
    for _ in 0..<5 { _ = send("POST", "/inbox/chat") }
    try await waiting
    try await simulator.inboxCount(atLeast: 5)
    #expect(simulator.inbox("chat").count == 5)
  }

  @Test func `who waits in vain can be cancelled`() async {
    await withTaskGroup(of: Bool.self) { group in
      group.addTask { [simulator] in
        do {
          try await simulator.requestCount(.list, atLeast: 1)
          return false
        } catch {
          return error is CancellationError
        }
      }
      group.cancelAll()
      #expect(await group.next() == true)
    }
  }
}
