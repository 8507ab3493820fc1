/// The phase of a run, whichever dialect the API uses.
package enum Phase: String, Sendable, Hashable, CaseIterable {
  case pending, running, succeeded, failed, error, cancelled

  /// The run has ended; only a restart can change that.
  package var isTerminal: Bool {
    self != .pending && self != .running
  }

  /// Breaks ties between equal times: the later stage wins, and of two ends the worse one.
  var stage: Int {
    switch self {
    case .pending: 0
    case .running: 1
    case .succeeded: 2
    case .cancelled: 3
    case .failed: 4
    case .error: 5
    }
  }
}
