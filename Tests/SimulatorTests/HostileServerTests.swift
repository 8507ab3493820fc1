import FlyingSocks
import FoundationEssentials
import Locking
import Testing

@testable import Simulator

/// What a hostile simulator did, in its own account.
private final class Account: Sendable {
  private let sent = Locked<[SentAnswer]>([])
  private let arrived = Locked(0)

  var answers: [SentAnswer] { sent.withLock(\.self) }
  var arrivals: Int { arrived.withLock(\.self) }

  func simulator(_ harms: Set<Harm>, rate: Double = 1) -> Simulator {
    let hostility = Hostility(rate: rate, harms: harms, maxInARow: 1_000, maxWait: 10)
    return Simulator(
      scenario: Scenario(runs: [ScriptedRun("run_a", created: 0)], hostile: hostility), now: ManualClock().read,
      onArrival: { [self] _, _ in arrived.withLock { $0 += 1 } },
      onSent: { [self] answer in sent.withLock { $0.append(answer) } })
  }
}

@Suite(.timeLimit(.minutes(6))) struct HostileServerTests {
  static let accounts: [(Harm, arrivals: Int, status: Int?, isUsual: Bool)] = [
    (.late, 1, 200, true), (.slowBody, 1, 200, true), (.cutBody, 1, 200, false), (.badGzip, 1, 200, false),
    (.signIn, 1, 200, false), (.lostRequest, 0, nil, false), (.lostAnswer, 1, nil, false), (.cutHead, 1, nil, false),
    (.noHTTP, 1, nil, false),
  ]

  @Test(arguments: accounts)
  func `the account says what a client can know of its answer`(
    _ harm: Harm, arrivals: Int, status: Int?, isUsual: Bool
  ) async throws {
    let account = Account()
    let simulator = account.simulator([harm])
    try await simulator.start()
    _ = try await simulator.send("POST", "/inbox/hub", body: "{}")
    await simulator.stop()
    #expect(account.arrivals == arrivals)
    let answer = try #require(account.answers.first)
    #expect(answer.harm == harm && answer.inbox == "hub")
    #expect(answer.status == status)
    #expect(answer.isUsual == isUsual || status == nil)
  }

  @Test func `without harm it serves as the honest one does, also several requests on one connection`() async throws {
    let account = Account()
    let simulator = account.simulator([], rate: 0)
    try await simulator.start()
    let socket = try await AsyncSocket.connected(to: .inet(ip4: "127.0.0.1", port: simulator.port), timeout: 60)
    defer { try? socket.close() }
    let request = "POST /inbox/hub HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
    for part in [request, String(request.prefix(70)), String(request.dropFirst(70)) + request] {
      try await socket.write(Data(part.utf8))
    }
    var text = ""
    while text.components("HTTP/1.1 200 OK") < 3 || !text.hasSuffix("ok") {
      text += String(decoding: try await socket.read(atMost: 4_096), as: UTF8.self)
    }
    #expect(simulator.inbox("hub").map(\.text) == ["body", "body", "body"])
    await simulator.stop()
  }

  @Test func `stopping it ends answers that hang and connections that wait`() async throws {
    let simulator = Simulator(
      scenario: Scenario(faults: [Fault(on: .list, ScriptedAnswer(.hang))], hostile: Hostility(rate: 0)))
    try await simulator.start()
    let idle = try await AsyncSocket.connected(to: .inet(ip4: "127.0.0.1", port: simulator.port), timeout: 60)
    defer { try? idle.close() }
    async let answer = simulator.sendAPI("runs")
    try await simulator.requestCount(.list, atLeast: 1)
    await simulator.stop()
    #expect(try await answer.isEmpty)
    #expect(simulator.port == 0)
  }

  @Test func `what isn't HTTP is hung up on`() async throws {
    let simulator = Account().simulator([])
    try await simulator.start()
    #expect(try await simulator.send("GET", "no version\r\n\r\n").isEmpty)
    #expect(try await simulator.send("GET", "/", headers: ["Transfer-Encoding": "chunked"]).isEmpty)
    await simulator.stop()
  }

  @Test func `harm is steered while it goes on, but only where it was planned for`() async throws {
    let simulator = Account().simulator([.signIn])
    try await simulator.start()
    #expect(try await simulator.sendAPI("runs").text.contains("Sign in"))
    #expect(try await simulator.send("GET", "/simulator/hostile").text == #"{"signIn":1}"#)
    #expect(try await simulator.send("PUT", "/simulator/hostile", body: #"{"rate": 2}"#).status == 400)
    #expect(try await simulator.send("PUT", "/simulator/hostile", body: #"{"rate": 0}"#).status == 204)
    #expect(try await simulator.sendAPI("runs").text.contains("run_a"))
    await simulator.stop()
    try await withSimulator { honest in
      let answer = try await honest.send("PUT", "/simulator/hostile", body: #"{"rate": 1}"#)
      #expect(answer.status == 409)
    }
  }

  @Test func `requests are the same wherever their bytes are cut`() throws {
    let bytes = Array("GET /a?b=1 HTTP/1.1\r\nX-Y: z\r\n\r\nPOST /c HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc".utf8)
    for cut in 1..<bytes.count {
      var reader = RequestReader()
      var requests: [ReceivedRequest] = []
      for part in [bytes[..<cut], bytes[cut...]] {
        reader.take(part)
        while let request = try reader.next(time: 0) { requests.append(request) }
      }
      #expect(requests.map(\.path) == ["/a", "/c"])
      #expect(requests.first?.headers == ["x-y": "z"])
      #expect(requests.last?.text == "abc")
    }
  }
}

extension String {
  fileprivate func components(_ separator: String) -> Int {
    split(separator: separator, omittingEmptySubsequences: false).count - 1
  }
}
