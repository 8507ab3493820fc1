import FlyingSocks
import Glibc
import JSONSource
import Locking
import Testing

@testable import Simulator

@Suite struct ServerTests {
  private let runs = [
    ScriptedRun("run_a", created: -9_000, life: [.init(at: -8_000, .running), .init(at: -1_000, .succeeded)])
  ]

  @Test func `the API answers over a socket and moves with the clock`() async throws {
    let clock = ManualClock()
    let run = ScriptedRun("run_b", dialect: .documented, created: 0, life: [.init(at: 5_000, .running)])
    try await withSimulator(Scenario(runs: [run]), clock: clock) { simulator in
      let first = try await simulator.sendAPI("runs/run_b")
      #expect(first.status == 200 && first.header("Content-Type") == "application/json; charset=utf-8")
      #expect(!first.text.contains("Running"))
      clock.advance(seconds: 5)
      #expect(try await simulator.sendAPI("runs/run_b").text.contains("Running"))
      #expect(simulator.requests.map(\.kind) == [.get, .get])
      #expect(simulator.requests[0].request.headers["organization-id"] == "demo-org")
    }
  }

  @Test func `an error carries a trace id`() async throws {
    try await withSimulator { simulator in
      let answer = try await simulator.send("GET", "/workspaces/demo-org/runs")
      #expect(answer.status == 401)
      #expect(answer.header("x-cloud-trace-context")?.hasSuffix("/1;o=1") == true)
    }
  }

  @Test func `a large body arrives whole in the inbox`() async throws {
    try await withSimulator { simulator in
      let body = String(repeating: "0123456789", count: 500_000)
      #expect(try await simulator.send("POST", "/inbox/chat", body: body).text == "ok")
      try await simulator.inboxCount("chat", atLeast: 1)
      #expect(simulator.inbox("chat").first?.text == body)
    }
  }

  @Test func `a model is fetched whole, in parts and measured with HEAD`() async throws {
    try await withSimulator(Scenario(modelSize: 600_000, runs: runs)) { simulator in
      let page = try await simulator.sendAPI("runs/run_a/outputs?contents=y")
      let contents = try JSONDocument(parsing: page.body).root["items"]?.elements?.last?["status"]?["contents"]
      let url = try #require(contents?["downloadUrl"]?["url"]?.string)
      #expect(url.hasPrefix(simulator.endpoint + "/files/"))
      let target = String(url.dropFirst(simulator.endpoint.count))
      let head = try await simulator.send("HEAD", target)
      #expect(head.status == 200 && head.body.isEmpty)
      let whole = try await simulator.send("GET", target)
      #expect(head.header("Content-Length") == "\(whole.body.count)")
      let part = try await simulator.send("GET", target, headers: ["Range": "bytes=300000-599999"])
      #expect(part.status == 206)
      #expect(part.body == Array(whole.body[300_000..<600_000]))
    }
  }

  @Test func `what is sent to a connection leaves at once`() async throws {
    let listener = try Socket(domain: AF_INET)
    defer { try? listener.close() }
    try listener.bind(to: .inet(ip4: "127.0.0.1", port: 0))
    try listener.listen()
    let port = Locked<UInt16>(0)
    let pool = PromptSockets(NoPool()) { listening in port.withLock { $0 = listening } }
    try await pool.suspendSocket(listener, untilReadyFor: .read)
    let client = try Socket(domain: AF_INET)
    defer { try? client.close() }
    try client.connect(to: .inet(ip4: "127.0.0.1", port: port.withLock(\.self)))
    let accepted = Socket(file: try listener.accept().file)
    defer { try? accepted.close() }
    #expect(try accepted.getValue(for: BoolSocketOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY)))
  }

  @Test func `a port that is taken is an error that says so`() async throws {
    try await withSimulator { simulator in
      await #expect(throws: ListenError.addressInUse(host: "127.0.0.1", port: simulator.port)) {
        try await Simulator().start(port: simulator.port)
      }
      await #expect(throws: ListenError.notAnAddress(host: "nowhere")) { try await Simulator().start(host: "nowhere") }
    }
  }

  @Test func `a simulator that was stopped can be started again`() async throws {
    let simulator = Simulator(scenario: Scenario(runs: runs), now: ManualClock().read)
    for _ in 0..<3 {
      try await simulator.start()
      #expect(try await simulator.sendAPI("runs/run_a").status == 200)
      await simulator.stop()
      #expect(simulator.port == 0)
    }
    await simulator.stop()
  }
}

private struct NoPool: AsyncSocketPool {
  func prepare() async throws {}
  func run() async throws {}
  func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {}
}
