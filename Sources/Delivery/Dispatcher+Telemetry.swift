internal import Rules
internal import Storage
internal import Telemetry

/// What the dispatcher counts.
extension Dispatcher {
  /// The types of what deliveries go to, for ``Telemetry/init(targets:)``.
  package static let targets = DestinationSettings.Kind.allCases.map(\.rawValue) + [hook, download, include]
  private static let (hook, download, include) = (Lane.hook.name, Lane.download.name, Lane.include.name)

  func count(_ outcome: Outcome, of delivery: ClaimedDelivery, after took: Duration) {
    let type =
      switch delivery.content {
      case .hook: Self.hook
      case .download: Self.download
      case .include: Self.include
      case .event, .body: configuration.settings(of: delivery.destination)?.kind.rawValue ?? ""
      }
    if let result = AttemptResultWord(rawValue: outcome.word) { telemetry.attempts.add(to: result, type: type) }
    telemetry.attemptTime.record(took)
  }

  func count(_ state: DestinationState, _ before: DestinationState) {
    if state.stoppedAt != nil {
      if before.stoppedAt == nil { telemetry.circuits.add(to: .stopped) }
    } else if state.isProbed != before.isProbed {
      telemetry.circuits.add(to: state.isProbed ? .open : .closed)
    }
    if let until = state.holdUntil, until != before.holdUntil { telemetry.holds.add() }
  }

  func count(dead: Int) {
    deadCount += dead
    telemetry.deliveries.add(dead, to: .dead)
  }

  /// - Parameter waiting: how many wait, for each destination that isn't there.
  func count(homeless waiting: [Target: Int]) {
    telemetry.homeless.set(Double(waiting.values.reduce(0, +)))
  }
}
