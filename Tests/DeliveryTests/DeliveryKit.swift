import JSONSource
import Locking
import Logging
import Rules
import Runs
import Secrets
import Simulator
import Storage
import TestSupport
import Transport

@testable import Delivery

/// A real outbox, a dispatcher on a clock that stands still, and the simulator's inboxes as receivers.
struct DeliveryKit {
  let simulator: Simulator
  let store: SQLiteStore
  let dispatcher: Dispatcher
  let time = ManualTime()
  private let http = HTTPClient()
  private let directory: TestSupport.ScratchDirectory

  struct KitError: Error {}

  /// - Parameter options: more members for the destination `sink`, JSON: `"retryFor": "1m"`.
  init(options: String = "", variables: [String: String] = [:]) async throws {
    simulator = Simulator(now: { [time] in time.now.milliseconds })
    try await simulator.start()
    directory = try TestSupport.ScratchDirectory()
    store = try SQLiteStore(path: directory.path + "/state.sqlite")
    let more = options.isEmpty ? "" : ", \(options)"
    let rules = """
      {"version": 1, "destinations": {
         "sink": {"type": "webhook", "url": "\(simulator.endpoint)/inbox/sink"\(more)},
         "other": {"type": "webhook", "url": "\(simulator.endpoint)/inbox/other"}},
       "rules": [{"name": "r", "actions": [{"send": "sink"}]}]}
      """
    let secrets = SecretSource(environment: variables)
    guard let file = RuleFile.read(Array(rules.utf8), secrets: secrets).0 else { throw KitError() }
    dispatcher = Dispatcher(
      store: store, destinations: file.destinations, http: http, secrets: secrets,
      hookRunner: HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"]), time: time.source,
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Puts an event with its deliveries into the outbox, as a sweep does.
  func enqueue(run: String = "run_a", phase: String = "Failed", at second: Int64 = 1, _ deliveries: [NewDelivery])
    async throws
  {
    let document = """
      {"runId":"\(run)","status":{"conditions":[{"condition":"\(phase)","lastTransitionTime":\(second * 1000)}]}}
      """
    let run = try Run(parsing: Array(document.utf8))
    var commit = SweepCommit(organization: "org", time: time.now)
    let event = RunEvent(
      run, reading: run.reading, previousPhase: nil, origin: .init(organization: "org", endpoint: "https://vi"))
    commit.events = [NewEvent(event: event, deliveries: deliveries)]
    _ = try await store.commit(commit)
    dispatcher.wake()
  }

  func delivery(_ id: String, to destination: String = "sink", _ content: DeliveryContent = .event) -> NewDelivery {
    NewDelivery(id: id, rule: "r", destination: destination, content: content)
  }

  /// Delivers what is due, and returns when nothing is on its way any more.
  func deliverWhatIsDue() async throws {
    dispatcher.finish(.whenNothingIsDue)
    try await dispatcher.run()
  }

  func record(_ id: String) async throws -> DeliveryRecord? {
    try await store.delivery(id: id)?.record
  }

  /// The `webhook-id` of everything that arrived, in order.
  func arrived(_ inbox: String = "sink") -> [String] {
    simulator.inbox(inbox).map { $0.headers["webhook-id"] ?? "" }
  }

  func end() async {
    await simulator.stop()
    await http.close()
    store.close()
  }
}
