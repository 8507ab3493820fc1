package import Hooks
package import Logging
internal import Rules
package import Runs
package import Secrets
internal import Storage
package import Tracing
package import Transport

/// What a dispatcher takes from one rules file: what is to be decided by it, and who sends. Another one can be put in its place while
/// the dispatcher runs (``Dispatcher/adopt(_:)``). A class, because each attempt holds the one that it began with.
package final class DeliveryConfiguration: Sendable {
  let plan: DeliveryPlan
  let requests: RequestSender
  let hooks: HookSender
  /// Nil: there is no source to download from.
  let models: DownloadSender?
  /// Nil: there is no source to ask.
  let extras: IncludeSender?
  let redactor: Redactor
  private let secrets: SecretSource

  /// - Parameters:
  ///   - tracer: whose context requests carry; nil: there are no traces.
  ///   - time: the system's clocks, for the moment of an attempt.
  package init(
    _ plan: DeliveryPlan, http: HTTPClient, secrets: SecretSource, hookRunner: HookRunner,
    models: DownloadSender? = nil, extras: IncludeSender? = nil, tracer: Tracer? = nil, time: TimeSource, log: Logger
  ) {
    self.plan = plan
    requests = RequestSender(http: http, secrets: secrets, tracer: tracer, time: time)
    hooks = HookSender(runner: hookRunner, secrets: secrets, tracer: tracer, log: log)
    self.models = models
    self.extras = extras
    self.secrets = secrets
    redactor = secrets.redactor
  }

  /// By destination; see ``DestinationSettings/fingerprint(_:)``. References are looked up now.
  var fingerprints: [String: String] { plan.destinations.mapValues { $0.fingerprint(secrets) } }
}
