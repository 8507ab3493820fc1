package import Hooks
package import Logging
package import Rules
package import Runs
package import Secrets
package import Storage
package import Transport

/// What a dispatcher takes from one rules file: where deliveries go, who sends them, and which rows follow. Another one can be
/// put in its place while the dispatcher runs (``Dispatcher/adopt(_:)``).
package struct DeliveryConfiguration: Sendable {
  /// Makes the event that tells of a destination that has stopped; nil: nobody wants to know.
  package typealias StopEvent =
    @Sendable (_ destination: String, _ reason: String, _ at: Timestamp) -> NewEvent?

  /// Makes the rows of the steps that begin when a delivery has settled; only asked for deliveries with a continuation.
  package typealias Steps =
    @Sendable (_ settled: SettledStep, _ result: StepResult, _ error: String?, _ at: Timestamp) -> [NewDelivery]

  /// How many at once, of what is done on this machine and has no number of its own.
  private static func places(in kind: Lane.Kind) -> Int {
    switch kind {
    case .hook, .include: 4
    case .download, .lost: 2
    }
  }

  let destinations: [String: DestinationSettings]
  let requests: RequestSender
  let hooks: HookSender
  /// Nil: there is no source to download from.
  let models: DownloadSender?
  /// Nil: there is no source to ask.
  let extras: IncludeSender?
  let redactor: Redactor
  let onStop: StopEvent
  let steps: Steps
  /// Of the actions with a number of their own, by queue.
  private let concurrency: [Lane: Int]
  private let secrets: SecretSource

  /// - Parameter time: the system's clocks, for the moment of an attempt.
  package init(
    destinations: [DestinationSettings], http: HTTPClient, secrets: SecretSource, hookRunner: HookRunner,
    models: DownloadSender? = nil, extras: IncludeSender? = nil, time: TimeSource, log: Logger,
    concurrency: [Lane: Int] = [:],
    onStop: @escaping StopEvent = { _, _, _ in nil }, steps: @escaping Steps = { _, _, _, _ in [] }
  ) {
    self.destinations = Dictionary(destinations.map { ($0.name, $0) }) { first, _ in first }
    requests = RequestSender(http: http, secrets: secrets, time: time)
    hooks = HookSender(runner: hookRunner, secrets: secrets, log: log)
    self.models = models
    self.extras = extras
    self.onStop = onStop
    self.steps = steps
    self.concurrency = concurrency
    self.secrets = secrets
    redactor = secrets.redactor
  }

  /// By destination; see ``DestinationSettings/fingerprint(_:)``. References are looked up now.
  var fingerprints: [String: String] { destinations.mapValues { $0.fingerprint(secrets) } }

  func concurrency(of lane: Lane) -> Int {
    concurrency[lane] ?? Self.places(in: lane.kind)
  }

  /// Nil: it is done on this machine, or the rules file doesn't have it.
  func settings(of target: Target) -> DestinationSettings? {
    target.destination.flatMap { destinations[$0] }
  }

  /// Nothing that can be sent to, or done on this machine, has this name.
  func isMissing(_ target: Target) -> Bool {
    target.destination.map { destinations[$0] == nil } ?? false
  }

  /// Of deliveries that have none of their own.
  func retryFor(_ target: Target) -> Duration {
    settings(of: target)?.common.retryFor ?? .seconds(72 * 3600)
  }
}
