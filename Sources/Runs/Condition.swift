internal import JSONSource

/// One entry of a run's `status.conditions`. The position in that list means nothing (see ``PhaseReading``).
package struct Condition: Sendable, Equatable {
  package enum Status: String, Sendable {
    case waiting = "Waiting"
    case reached = "Reached"
    case failedReach = "FailedReach"
  }

  package let name: String
  /// An absent status is `reached`, one never heard of is `waiting`.
  package let status: Status
  /// `lastTransitionTime`; the epoch when the API gave none.
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

  /// Nil for an entry that names no condition: it can't decide anything.
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

  /// What it means that this condition was reached; nil for a name never heard of.
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

  /// That such a condition could not be reached means that the run failed; of `Failed` or `Cancelled` it says nothing.
  var failsRunWhenNotReached: Bool {
    ["Succeeded", "Completed", "Finished", "Running", "Started"].contains(name)
  }
}
