internal import Logging
internal import Runs
internal import Storage

/// What is said of deliveries and destinations along the way.
extension Dispatcher {
  func report(_ state: DestinationState, _ before: DestinationState) {
    var metadata: Logger.Metadata = ["destination": "\(state.name)"]
    if let reason = state.stoppedReason {
      metadata["reason"] = "\(reason)"
      metadata["next"] = "\(state.nextProbeAt?.iso8601 ?? "")"
      if before.stoppedAt == nil {
        log.error(
          """
          destination has stopped: what is for it waits, and one delivery a day asks it again; sooner: vi-notify \
          deliveries replay ID, or other settings
          """, metadata: metadata)
      } else {
        log.warning("destination is still stopped", metadata: metadata)
      }
    } else if let next = state.nextProbeAt, state.isProbed, !before.isProbed {
      metadata["failures"] = "\(state.failures)"
      metadata["next"] = "\(next.iso8601)"
      log.warning("destination fails, from now on one delivery at a time probes it", metadata: metadata)
    } else if before.isProbed, !state.isProbed {
      log.notice("destination works again", metadata: metadata)
    } else if let until = state.holdUntil, until != before.holdUntil {
      metadata["until"] = "\(until.iso8601)"
      log.info("destination asked for a pause", metadata: metadata)
    }
  }

  func report(_ delivery: ClaimedDelivery, _ settlement: Settlement, at attempt: Int) {
    let level: Logger.Level =
      switch settlement {
      case .delivered, .interrupted: .info
      case .retry, .deferred: .warning
      case .dead: .error
      }
    guard level >= log.logLevel else { return }
    var metadata: Logger.Metadata = [
      "delivery": "\(delivery.id)", "rule": "\(delivery.rule)", "action": "\(delivery.action)",
      "destination": "\(delivery.destination)", "attempt": "\(attempt)",
    ]
    // What is told of the source, or of many runs, is of none.
    if Run.isValid(id: delivery.runID) { metadata["run"] = "\(delivery.runID)" }
    switch settlement {
    case .delivered: log.info("delivered", metadata: metadata)
    case .interrupted: log.info("attempt interrupted, it will be made again", metadata: metadata)
    case .retry(let next, let reason), .deferred(let next, let reason):
      metadata["reason"] = "\(reason)"
      metadata["next"] = "\(next.iso8601)"
      log.warning("attempt failed, it will be repeated", metadata: metadata)
    case .dead(let reason):
      metadata["reason"] = "\(reason)"
      log.error("delivery is dead; see: vi-notify deliveries show ID", metadata: metadata)
    }
  }
}
