import Daemon
import FoundationEssentials
import JSONSource
import Locking
import Logging
import Rules
import Runs
import Secrets
import Simulator
import Telemetry
import TestSupport
import Testing
import Transport
import UnixSignals

/// The rules are read anew again and again while runs end and receivers are slow: nothing is lost, and nothing told twice.
@Suite(.timeLimit(.minutes(10))) struct ReloadUnderLoadTests {
  /// Of every reload one run ends; this one moves as long as the test does, so that there is always something to watch.
  private static let keeper = "run_keeper"

  private let times = Effort.isThorough ? 1_000 : 40

  @Test func `runs that end while the rules change are told once each`() async throws {
    let scratch = try ScratchDirectory()
    let scenario = Scenario()
    let simulator = Simulator(scenario: scenario)
    try await simulator.start()
    simulator.add(ScriptedRun(Self.keeper, created: Simulator.systemClock(), life: []))
    simulator.setAnswers([ScriptedAnswer(.usual, delay: 15, times: nil)], forInbox: "hub")
    let rules = ChangingRules(simulator.endpoint, scratch.path)
    try rules.write(0)
    let (signals, signal) = AsyncStream.makeStream(of: UnixSignal.self)
    let said = Said()
    let daemon = try await daemon(rules.path, scenario, simulator, scratch, said)
    async let running: Void = daemon.run(.untilDone, signals: signals)
    for round in 1...times {
      simulator.add(ScriptedRun("run_\(round)", created: Simulator.systemClock(), life: []))
      try rules.write(round)
      signal.yield(.sighup)
      // Some end before they were ever seen or while the rules change, some after.
      if round % 3 == 0 { simulator.move("run_\(round)", to: .failed) }
      await said.signalsObeyed(atLeast: round)
      if round % 3 > 0 { simulator.move("run_\(round)", to: .succeeded) }
    }
    simulator.move(Self.keeper, to: .succeeded)
    try await running
    let all = Set((1...times).map { "run_\($0)" } + [Self.keeper])
    try expectOnce(all, in: "hub", simulator)
    try expectOnce(all, in: "chain", simulator)
    let collected = try simulator.inbox("digest").map { try JSONDocument(parsing: $0.body).root["count"]?.integer ?? 0 }
    #expect(collected.reduce(0, +) == all.count)
    let refused = (1...times).count(where: ChangingRules.isBroken)
    // A daemon that had no processor for a while may read a file by itself before it hears the signal, and then once more.
    #expect(said.counts.applied.signal == times - refused)
    #expect(said.counts.refused.signal == refused)
    #expect(daemon.telemetry.reloads.value(.applied) == UInt64(said.counts.applied.sum))
    #expect(daemon.telemetry.reloads.value(.invalid) == UInt64(said.counts.refused.sum))
    await simulator.stop()
  }

  private func daemon(
    _ path: String, _ scenario: Scenario, _ simulator: Simulator, _ scratch: ScratchDirectory, _ said: Said
  ) async throws -> Daemon {
    let secrets = SecretSource(environment: [
      "DATATURE_VI_API_ENDPOINT": simulator.endpoint, "DATATURE_VI_SECRET_KEY": scenario.secretKey,
      "DATATURE_VI_ORGANIZATION_ID": scenario.organization,
    ])
    let check = try Configuration.check(path: path, secrets: secrets)
    let configuration = try #require(check.configuration, "\(check.diagnostics)")
    return try await Daemon.prepare(
      configuration, settings: { $0.file.watch }, state: scratch.path + "/state.sqlite",
      environment: ["PATH": "/usr/bin:/bin", "HOME": scratch.path], http: HTTPClient(), downloads: HTTPClient(),
      time: .system, log: Logger(label: "test") { _ in Listener(said: said) })
  }

  private func expectOnce(_ runs: Set<String>, in inbox: String, _ simulator: Simulator) throws {
    var ids: [String: [String]] = [:]
    for request in simulator.inbox(inbox) {
      let run = try JSONDocument(parsing: request.body).root["run"]?.string ?? "?"
      ids[run, default: []].append(request.headers["webhook-id"] ?? "?")
    }
    #expect(Set(ids.keys) == runs, "\(inbox): \(runs.symmetricDifference(ids.keys).sorted())")
    #expect(ids.filter { $0.value.count != 1 }.isEmpty)
    #expect(Set(ids.values.flatMap { $0 }).count == runs.count)
  }
}

/// A rules file in ever new versions, each of which tells of every end.
struct ChangingRules {
  let path: String
  private let endpoint: String

  init(_ endpoint: String, _ directory: String) {
    self.endpoint = endpoint
    path = directory + "/rules.json"
  }

  static func isBroken(_ round: Int) -> Bool { round % 10 == 7 }

  func write(_ round: Int) throws {
    let hub =
      switch round % 4 {
      case 1: #", "concurrency": 2"#
      case 2: #", "headers": {"X-Round": "\#(round)"}"#
      case 3: #", "rateLimit": {"count": 100, "per": "1s"}"#
      default: ""
      }
    // A destination that comes and goes, with a rule of its own.
    let (destination, rule) =
      round % 3 == 1
      ? (
        #", "extra": {"type": "webhook", "url": "\#(endpoint)/inbox/extra", "timeout": "5m"}"#,
        #", {"name": "extra", "actions": [{"send": "extra"}]}"#
      ) : ("", "")
    let text = """
      {"version": 1, "watch": {"interval": "\(100 + round % 5)ms", "since": "all"},
       "destinations": {
         "hub": {"type": "webhook", "url": "\(endpoint)/inbox/hub", "timeout": "5m"\(hub)},
         "chain": {"type": "webhook", "url": "\(endpoint)/inbox/chain", "timeout": "5m"},
         "digest": {"type": "webhook", "url": "\(endpoint)/inbox/digest", "timeout": "5m"}\(destination)},
       "rules": [
         {"name": "ends", "actions": [{"send": "hub", "body": {"run": "{{runId}}"},
            "then": [{"send": "chain", "body": {"run": "{{runId}}"}}]}]},
         {"name": "many", "actions": [{"send": "digest", "digest": {"window": "1s"}}]}\(rule)]\(Self.isBroken(round) ? "" : "}")
      """
    try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
  }
}

/// What the daemon says, as far as a test waits for it.
final class Said: Sendable {
  /// Reads of the rules file with one result.
  struct Reads: Sendable {
    /// Those that SIGHUP asked for.
    var signal = 0
    var sum = 0
  }

  private struct State: Sendable {
    var counts = (applied: Reads(), refused: Reads())
    var waiter: (count: Int, continuation: CheckedContinuation<Void, Never>)?

    var signals: Int { counts.applied.signal + counts.refused.signal }
  }

  private let state = Locked(State())

  var counts: (applied: Reads, refused: Reads) { state.withLock { $0.counts } }

  func hear(_ message: String, cause: String?) {
    let isApplied = message == "the rules file was read anew"
    guard isApplied || message.hasPrefix("the rules file can't be used") else { return }
    let bySignal = cause == "SIGHUP" ? 1 : 0
    let due = state.withLock { state in
      if isApplied {
        state.counts.applied.sum += 1
        state.counts.applied.signal += bySignal
      } else {
        state.counts.refused.sum += 1
        state.counts.refused.signal += bySignal
      }
      guard let waiter = state.waiter, waiter.count <= state.signals else {
        return CheckedContinuation<Void, Never>?.none
      }
      state.waiter = nil
      return waiter.continuation
    }
    due?.resume()
  }

  /// Returns when the rules file was read so often because of a signal, with whatever result.
  func signalsObeyed(atLeast count: Int) async {
    await withCheckedContinuation { continuation in
      let isMet = state.withLock { state in
        if state.signals >= count { return true }
        state.waiter = (count, continuation)
        return false
      }
      if isMet { continuation.resume() }
    }
  }
}

struct Listener: LogHandler {
  let said: Said
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    said.hear("\(event.message)", cause: event.metadata?["cause"]?.description)
  }
}
