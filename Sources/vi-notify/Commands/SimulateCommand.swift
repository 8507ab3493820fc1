import ArgumentParser
import Daemon
import Dispatch
import FoundationEssentials
import Glibc
import Simulator

/// `vi-notify simulate`: the simulated Vi API, until it is interrupted.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Run a simulated Vi API with a webhook inbox, to try rules against.",
    discussion: """
      Runs start, train and end as the scenario says; without one, a dozen of them do so every minute for an hour, besides thirty \
      old ones. Send webhooks and chat messages to http://HOST:PORT/inbox/NAME; arrivals are printed here.

      EXAMPLE
        vi-notify simulate --listen 127.0.0.1:8787
        # in another terminal: the three export lines that it prints, then
        vi-notify runs list

      A SCENARIO (JSON, comments allowed)
        {"runs": [{"runId": "run_a", "flow": "detector", "created": "-2h",
                   "attributes": {"stage": "release"},
                   "life": [{"after": "2s", "phase": "running"},
                            {"after": "10s", "phase": "failed",
                             "reason": "OutOfMemory"}]}],
         "modelSize": 4000000,
         "models": {"shards": 2, "adapter": true, "exportDelay": "5s",
                    "linkLifetime": "1m", "checksum": "right"},
         "population": {"count": 1000, "seed": 7, "ended": 0.99},
         "faults": [{"on": "list", "after": 3, "times": 2,
                     "answer": {"status": 429,
                                "headers": {"Retry-After": "3"}}}],
         "inbox": {"chat": [{"status": 503, "times": 2}]},
         "hostile": {"seed": 7, "rate": 0.3}} // damages some of its answers
      """)

  @Option(help: ArgumentHelp("A scenario with runs, faults and inbox answers.", valueName: "file"))
  var scenario: String?

  @Option(help: ArgumentHelp("The address to listen on; port 0 takes a free one.", valueName: "host:port"))
  var listen = "127.0.0.1:8787"

  func run() async throws {
    try await ending { try await simulate() }
  }

  private func simulate() async throws {
    let (host, port) = try address()
    let scenario = try readScenario()
    let (interruptions, continuation) = AsyncStream.makeStream(of: Void.self)
    let simulator = Simulator(
      scenario: scenario,
      onArrival: { _, request in if !Console.shared.print(arrivalLine(request)) { continuation.yield() } })
    // Before the first client may connect: a process that starts and stops us at once must get exit code 0, too.
    let sources = signalSources { _ in continuation.yield() }
    do throws(ListenError) {
      try await simulator.start(host: host, port: port)
    } catch {
      var advice = ""
      if case .addressInUse = error { advice = ": stop it, or choose another port with --listen \(host):0" }
      throw Failure(.sourceUnreachable, "can't listen on \(listen): \(error)\(advice)")
    }
    Console.shared.say(greeting(simulator.endpoint, scenario))
    for await _ in interruptions { break }
    await simulator.stop()
    for source in sources { source.cancel() }
  }

  private func address() throws -> (host: String, port: UInt16) {
    guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]) else {
      throw ValidationError("--listen needs HOST:PORT, such as 127.0.0.1:8787")
    }
    let host = listen[..<colon].filter { $0 != "[" && $0 != "]" }
    return (host.isEmpty ? "127.0.0.1" : host, port)
  }

  private func readScenario() throws(Failure) -> Scenario {
    guard let file = scenario else { return .lasting }
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Failure(.badConfiguration, "the scenario \(file) can't be read; name another with --scenario FILE")
    }
    do throws(ScenarioErrors) {
      return try Scenario(parsing: Array(data))
    } catch {
      for mistake in error.mistakes { Console.shared.say("\(file):\(mistake)") }
      throw Failure(.badConfiguration, "")
    }
  }

  private func greeting(_ endpoint: String, _ scenario: Scenario) -> Line {
    """
    A simulated Vi API listens on \(endpoint). In another terminal:

    export DATATURE_VI_API_ENDPOINT=\(endpoint)
    export DATATURE_VI_SECRET_KEY=\(scenario.secretKey)
    export DATATURE_VI_ORGANIZATION_ID=\(scenario.organization)

    Send webhooks to \(endpoint)/inbox/NAME; what arrives is printed here. Stop with Ctrl-C.

    """
  }
}

/// `09:46:00 POST /inbox/chat 52 bytes {"text":"…"}`: one line, cut to length.
private func arrivalLine(_ request: ReceivedRequest) -> Line {
  let seconds = request.time / 1_000
  let clock = [seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60]
    .map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
  return "\(clock) \(request.method) \(request.path) \(request.body.count) bytes \(request.text.prefix(400))"
}
