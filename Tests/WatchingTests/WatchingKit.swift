import Logging
import Rules
import Runs
import Secrets
import Simulator
import Storage
import TestSupport
import Transport

@testable import Watching

/// A simulated API, a real state file and a watcher between them, all on one clock that stands still.
struct WatchingKit {
  let simulator: Simulator
  let store: SQLiteStore
  let watcher: Watcher
  let time = ManualTime()
  private let http = HTTPClient()
  private let directory: ScratchDirectory

  private static let rules = """
    {"version": 1, "destinations": {"sink": {"type": "webhook", "url": "http://127.0.0.1:1/"}},
     "rules": [{"name": "all", "on": "any", "actions": [{"send": "sink"}]}]}
    """

  init(_ scenario: Scenario = Scenario(), runs: [String] = [], since: Since = .now) async throws {
    let time = time
    simulator = Simulator(scenario: scenario, now: { time.now.milliseconds })
    try await simulator.start()
    directory = try ScratchDirectory()
    store = try SQLiteStore(path: directory.path + "/state.sqlite")
    watcher = try Self.watcher(simulator, scenario, http, store, time, runs, since)
  }

  private static func watcher(
    _ simulator: Simulator, _ scenario: Scenario, _ http: HTTPClient, _ store: SQLiteStore, _ time: ManualTime,
    _ runs: [String], _ since: Since
  ) throws -> Watcher {
    let client = ViClient(
      endpoint: simulator.endpoint + "/", organization: scenario.organization, secretKey: Secret(scenario.secretKey),
      http: http, time: time.source)
    guard let file = RuleFile.read(Array(rules.utf8), secrets: SecretSource(environment: [:])).0 else {
      throw KitError()
    }
    var settings = file.watch
    settings.runs = runs
    settings.since = since
    return Watcher(
      source: client, store: store, rules: try RuleSet(file), settings: settings, time: time.source,
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  struct KitError: Error {}

  /// Run and phase of each event so far, in the order they are told.
  func told() async throws -> [String] {
    var told: [String] = []
    for record in try await store.deliveries(DeliveryFilter()) {
      let phase = try await store.delivery(id: record.id)?.phase ?? "?"
      told.append("\(record.runID) \(phase)")
    }
    return told
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
