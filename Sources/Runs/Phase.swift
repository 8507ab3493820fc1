/// Where a run stands, in one word, whichever dialect the API spoke.
package enum Phase: String, Sendable, Hashable, CaseIterable {
  case pending, running, succeeded, failed, error, cancelled

  /// The run has ended; only a later restart can change that.
  package var isTerminal: Bool {
    self != .pending && self != .running
  }

  /// Order on a tie of times: the later stage decides, and of two ends the one that nobody should build upon.
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
