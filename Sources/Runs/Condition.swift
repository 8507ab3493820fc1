internal import JSONSource

/// One entry of a run's `status.conditions`. Its position in that list has no meaning (see ``PhaseReading``).
package struct Condition: Sendable, Equatable {
  package enum Status: String, Sendable {
    case waiting = "Waiting"
    case reached = "Reached"
    case failedReach = "FailedReach"
  }

  package let name: String
  /// A missing status means `reached`, an unknown one `waiting`.
  package let status: Status
  /// `lastTransitionTime`; the epoch if absent.
  package let time: Timestamp
  package let reason: String?
  package let message: String?

  package init(name: String, status: Status, time: Timestamp, reason: String? = nil, message: String? = nil) {
    self.name = name
    self.status = status
    self.time = time
    self.reason = reason
    self.message = message
  }

  /// Nil for an entry without a condition's name, which can't decide anything.
  init?(_ node: JSONNode) {
    guard let name = node["condition"]?.string else { return nil }
    let status = node.present("status")
    self.init(
      name: name,
      status: status == nil ? .reached : status?.string.flatMap(Status.init(rawValue:)) ?? .waiting,
      time: Timestamp(node["lastTransitionTime"]) ?? Timestamp(milliseconds: 0),
      reason: node["reason"]?.string,
      message: node["message"]?.string)
  }

  /// The phase that reaching this condition means; nil for an unknown name.
  var phaseWhenReached: Phase? {
    switch name {
    case "Pending", "Queued": .pending
    case "Started", "Starting", "Running": .running
    case "Succeeded", "Completed", "Finished": .succeeded
    case "Failed": .failed
    case "Error": .error
    case "Cancelled", "Killed": .cancelled
    default: nil
    }
  }

  /// Whether failing to reach this condition means that the run failed; for `Failed` and `Cancelled` it means nothing.
  var failsRunWhenNotReached: Bool {
    ["Succeeded", "Completed", "Finished", "Running", "Started"].contains(name)
  }
}
