import Hooks
import JSONSource
import Locking
import Logging
import Rules
import Runs
import Secrets
import Simulator
import Storage
import Stores
import Telemetry
import TestSupport
import Transport

@testable import Delivery

/// A real outbox, a dispatcher on a clock that stands still, and the simulator's inboxes as receivers.
struct DeliveryKit {
  let simulator: Simulator
  let store: any StateStore
  private(set) var dispatcher: Dispatcher
  let time: ManualTime
  private(set) var clock: StateClock
  private let http = HTTPClient()
  private let directory: ScratchDirectory
  private let options: String
  private let variables: [String: String]

  struct KitError: Error {}

  /// - Parameter options: more members for the destination `sink`, JSON: `"retryFor": "1m"`.
  init(options: String = "", variables: [String: String] = [:]) async throws {
    let time = ManualTime()
    self.time = time
    clock = StateClock(time.source, boot: "first")
    simulator = Simulator(now: { time.now.milliseconds })
    try await simulator.start()
    directory = try ScratchDirectory()
    store = try StateStores.open(directory.path + "/state.sqlite", for: .watching)
    (self.options, self.variables) = (options, variables)
    dispatcher = try Self.dispatcher(options, variables, simulator, store, http, clock, onStop: { _, _, _ in nil })
  }

  /// What a restart does: nothing is kept but the state.
  ///
  /// - Parameters:
  ///   - options: the destination's members, when the rules file has been changed.
  ///   - more: more destinations, JSON members; `ENDPOINT` is the simulator's address.
  ///   - boot: another one when the machine has been started anew.
  mutating func restart(
    options: String? = nil, more: String = "", boot: String = "first", concurrency: [Lane: Int] = [:],
    onStop: @escaping DeliveryPlan.StopEvent = { _, _, _ in nil },
    steps: @escaping DeliveryPlan.Steps = { _, _, _, _ in [] }
  ) throws {
    clock = StateClock(time.source, boot: boot)
    dispatcher = try Self.dispatcher(
      options ?? self.options, variables, simulator, store, http, clock, more: more, concurrency: concurrency,
      onStop: onStop,
      steps: steps)
  }

  private static func dispatcher(
    _ options: String, _ variables: [String: String], _ simulator: Simulator, _ store: any StateStore,
    _ http: HTTPClient,
    _ clock: StateClock, more: String = "", concurrency: [Lane: Int] = [:], onStop: @escaping DeliveryPlan.StopEvent,
    steps: @escaping DeliveryPlan.Steps = { _, _, _, _ in [] }
  ) throws -> Dispatcher {
    let configuration = try configuration(
      options, variables, simulator, http, clock, more: more, concurrency: concurrency, onStop: onStop, steps: steps)
    return Dispatcher(
      store: store, configuration: configuration, clock: clock, telemetry: Telemetry(targets: Dispatcher.targets),
      log: log)
  }

  private static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// - Parameter missing: a destination that is left out.
  private static func configuration(
    _ options: String, _ variables: [String: String], _ simulator: Simulator, _ http: HTTPClient, _ clock: StateClock,
    more: String, without missing: String? = nil, concurrency: [Lane: Int],
    onStop: @escaping DeliveryPlan.StopEvent, steps: @escaping DeliveryPlan.Steps
  ) throws -> DeliveryConfiguration {
    let others = more.isEmpty ? "" : ", \(more.replacing("ENDPOINT", with: simulator.endpoint))"
    // What isn't about time has plenty: the transport's clock runs, also while all other tests want the processor.
    let patience = #""timeout": "10m""#
    let more = options.contains("timeout") ? ", \(options)" : ", \(patience)" + (options.isEmpty ? "" : ", \(options)")
    let rules = """
      {"version": 1, "destinations": {
         "sink": {"type": "webhook", "url": "\(simulator.endpoint)/inbox/sink"\(more)},
         "other": {"type": "webhook", "url": "\(simulator.endpoint)/inbox/other", \(patience)}\(others)},
       "rules": [{"name": "r", "actions": [{"send": "sink"}]}]}
      """
    let secrets = SecretSource(environment: variables)
    guard let file = RuleFile.read(Array(rules.utf8), secrets: secrets).0 else { throw KitError() }
    return DeliveryConfiguration(
      DeliveryPlan(
        file.destinations.filter { $0.name != missing }, concurrency: concurrency, onStop: onStop, steps: steps),
      http: http, secrets: secrets, hookRunner: HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"]),
      time: clock.system, log: log)
  }

  /// Of a rules file that has been changed; see ``restart(options:more:boot:concurrency:onStop:steps:)``.
  func configuration(
    options: String? = nil, more: String = "", without missing: String? = nil, concurrency: [Lane: Int] = [:]
  ) throws -> DeliveryConfiguration {
    try Self.configuration(
      options ?? self.options, variables, simulator, http, clock, more: more, without: missing,
      concurrency: concurrency, onStop: { _, _, _ in nil }, steps: { _, _, _, _ in [] })
  }

  /// A directory of its own.
  var scratch: String { directory.path }

  /// Puts an event with its deliveries into the outbox, as a sweep does.
  func enqueue(run: String = "run_a", phase: String = "Failed", at second: Int64 = 1, _ deliveries: [NewDelivery])
    async throws
  {
    var commit = SweepCommit(organization: "org", time: time.now)
    commit.events = [NewEvent(event: try event(run: run, phase: phase, at: second), deliveries: deliveries)]
    _ = try await store.commit(commit)
    dispatcher.wake()
  }

  func event(run: String = "run_a", phase: String = "Failed", at second: Int64 = 1) throws -> RunEvent {
    let document = """
      {"runId":"\(run)","status":{"conditions":[{"condition":"\(phase)","lastTransitionTime":\(second * 1000)}]}}
      """
    let run = try Run(parsing: Array(document.utf8))
    return RunEvent(
      run, reading: run.reading, previousPhase: nil, origin: .init(organization: "org", endpoint: "https://vi"))
  }

  func delivery(_ id: String, to destination: Target = "sink", _ content: DeliveryContent = .event) -> NewDelivery {
    NewDelivery(id: id, rule: "r", destination: destination, content: content)
  }

  /// Delivers what is due, and returns when nothing is on its way any more.
  func deliverWhatIsDue() async throws {
    dispatcher.finish(.whenNothingIsDue)
    try await dispatcher.run()
  }

  /// Lets so much time pass for a dispatcher that runs, from one thing that it waits for to the next; nothing is under way
  /// when the clock moves.
  func live(for duration: Duration) async throws {
    let end = time.uptime + duration
    while true {
      try await rest()
      let left = end - time.uptime
      guard left > .zero else { return }
      time.advance(by: min(left, time.untilNextWake ?? left))
    }
  }

  /// Returns when the dispatcher has nothing to do at this moment.
  func rest() async throws {
    while true {
      if await dispatcher.isAtRest {
        if time.untilNextWake != nil { return }
        if try await store.unsettledCount() == 0, await dispatcher.isAtRest { return }
      }
      // Something is on its way through a real socket, or on its way to a real disk: a moment, without taking the processor from it.
      try await Task.sleep(for: .microseconds(200))
    }
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
