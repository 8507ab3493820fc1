import JSONSource
import Logging
import Rules
import Runs
import Secrets
import Simulator
import Storage
import Stores
import TestSupport
import Transport
import ViAPI

@testable import Watching

/// A simulated API, a real state file and a watcher between them, all on one clock that stands still.
struct WatchingKit {
  let simulator: Simulator
  let store: any StateStore
  let watcher: Watcher
  let time = ManualTime()
  private let http = HTTPClient()
  private let directory: ScratchDirectory

  private let scenario: Scenario

  /// - Parameters:
  ///   - watch: members of `watch` in the rules file.
  ///   - on: what the one rule fires on, with what belongs to it.
  ///   - skew: how far the API's clock is ahead.
  init(
    _ scenario: Scenario = Scenario(), watch: String = "", on: String = #""on": "any""#, skew: Duration = .zero
  ) async throws {
    let time = time
    self.scenario = scenario
    simulator = Simulator(scenario: scenario, now: { (time.now + skew).milliseconds })
    try await simulator.start()
    directory = try ScratchDirectory()
    store = try StateStores.open(directory.path + "/state.sqlite", for: .watching)
    watcher = try Self.watcher(simulator, scenario, http, store, time, Self.rules(watch, on))
    rules = Self.rules(watch, on)
  }

  private let rules: String

  private static func rules(_ watch: String, _ on: String) -> String {
    """
    {"version": 1, "watch": {\(watch)}, "destinations": {"sink": {"type": "webhook", "url": "http://127.0.0.1:1/"}},
     "rules": [{"name": "all", \(on), "actions": [{"send": "sink"}]}]}
    """
  }

  private static func watcher(
    _ simulator: Simulator, _ scenario: Scenario, _ http: HTTPClient, _ store: any StateStore, _ time: ManualTime,
    _ rules: String
  ) throws -> Watcher {
    let client = ViClient(
      endpoint: simulator.endpoint + "/", organization: scenario.organization, secretKey: Secret(scenario.secretKey),
      http: http, time: time.source)
    let (file, diagnostics) = RuleFile.read(Array(rules.utf8), secrets: SecretSource(environment: [:]))
    guard let file else { throw KitError(diagnostics: diagnostics) }
    return Watcher(
      source: client, store: store, rules: try RuleSet(file), settings: file.watch, time: time.source,
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  struct KitError: Error {
    let diagnostics: [Diagnostic]
  }

  /// The process was started anew, with the same state.
  func restarted() throws -> Watcher {
    try Self.watcher(simulator, scenario, http, store, time, rules)
  }

  /// A sweep, and how many requests it took.
  func sweep() async throws -> (report: Watcher.Report, requests: Int) {
    let before = simulator.requestCount()
    let report = try await watcher.sweep()
    return (report, simulator.requestCount() - before)
  }

  /// Run and phase of each event so far, in the order they are told.
  func told() async throws -> [String] {
    var told: [String] = []
    for record in try await store.deliveries(DeliveryFilter()) {
      let phase = try await store.delivery(id: record.id)?.phase ?? "?"
      told.append("\(record.runID) \(phase)")
    }
    return told
  }

  /// The events that fired a rule so far, in the order they are told.
  func events() async throws -> [JSONNode] {
    var events: [JSONNode] = []
    for record in try await store.deliveries(DeliveryFilter()) {
      let body = try await store.delivery(id: record.id)?.event ?? []
      events.append(try JSONDocument(parsing: body).root)
    }
    return events
  }

  func end() async {
    await simulator.stop()
    await http.close()
    store.close()
  }
}

extension DeliveryDetail {
  fileprivate var phase: String? {
    let text = String(decoding: event, as: UTF8.self)
    return text.firstRange(of: "\"phase\":\"").map { String(text[$0.upperBound...].prefix { $0 != "\"" }) }
  }
}
