internal import Delivery
internal import Models
internal import Rules
internal import Runs
internal import Storage
internal import Telemetry
internal import ViAPI
internal import Watching

/// Everything that is made of one configuration. Another configuration makes another runtime, and nothing of this one is changed;
/// what goes on across the change stands in ``Resources``, or is in the state.
struct Runtime: Sendable {
  /// A configuration that can be used in this process, with a client for its source: all that can fail about a runtime.
  struct Plan: Sendable {
    let configuration: Configuration
    let client: ViClient
  }

  let configuration: Configuration
  let client: ViClient
  let watcher: Watcher
  let delivery: DeliveryConfiguration
  let digests: DigestCloser
  let retention: Duration
  let settings: WatchSettings
  /// What the state keeps of the rules file, to explain by.
  let copy: RuleFileCopy
  let names: KnownNames

  /// - Parameters:
  ///   - settings: the rules file's, or what the user put in their place.
  ///   - legacy: of the watcher before this one.
  init(_ plan: Plan, settings: WatchSettings, _ resources: Resources, after legacy: Watcher.Legacy? = nil) {
    let (file, rules) = (plan.configuration.file, plan.configuration.rules)
    let (clock, log) = (resources.clock, resources.log)
    configuration = plan.configuration
    self.settings = settings
    client = plan.client
    copy = configuration.copy
    names = KnownNames(
      destinations: Dictionary(file.destinations.map { ($0.name, $0.kind.rawValue) }) { first, _ in first },
      rules: Set(file.rules.map(\.name)),
      paces: file.destinations.reduce(into: [:]) { paces, destination in
        guard let limit = destination.common.rateLimit else { return }
        paces[destination.name] = "\(limit.count) per \(limit.per.words)"
      })
    watcher = Watcher(
      source: plan.client, store: resources.store, rules: rules, settings: settings, rulesDigest: copy.digest,
      time: clock.even, stamp: { clock.now }, telemetry: resources.telemetry, tracer: resources.traces?.tracer,
      status: resources.status, after: legacy, log: log)
    delivery = Self.delivery(plan, resources)
    digests = DigestCloser(
      store: resources.store, rules: rules, destinations: file.destinations, time: clock.source,
      telemetry: resources.telemetry, log: log)
    retention = file.retention
    resources.telemetry.rulesFired.know(names.rules)
  }

  private static func delivery(_ plan: Plan, _ resources: Resources) -> DeliveryConfiguration {
    let (file, rules, client) = (plan.configuration.file, plan.configuration.rules, plan.client)
    let (clock, log) = (resources.clock, resources.log)
    let next = NextSteps(file.destinations, link: file.source.link)
    let deliveries = DeliveryPlan(
      file.destinations, concurrency: rules.laneConcurrency, takeOver: file.takeOver,
      onStop: { destination, reason, time in
        let event = RunEvent(stopped: destination, reason: reason, at: time, origin: client.origin)
        return NewEvent(event, rules.deliveries(for: [event]).flatMap { $0 }, rules, at: time)
      },
      steps: { settled, result, error, now in
        next.after(settled, result, error: error).compactMap { NewDelivery($0, rules, at: now) }
      })
    return DeliveryConfiguration(
      deliveries, http: resources.http, secrets: plan.configuration.secrets, hookRunner: resources.hooks,
      models: DownloadSender(
        models: ModelDownloader(client: client, http: resources.downloads, time: clock.system), home: resources.home,
        time: clock.even, log: log),
      extras: IncludeSender(source: client, time: clock.even), tracer: resources.traces?.tracer, time: resources.time,
      log: log)
  }

  /// Writes down which rules file decides from now on. Before the first sweep by it.
  func remember(in resources: Resources) async throws(StorageError) {
    try await resources.store.remember(copy, at: resources.clock.now)
    try await resources.store.note(names)
  }
}
