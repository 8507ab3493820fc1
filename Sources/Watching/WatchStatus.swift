internal import Locking
package import Runs

/// The state of watching, for whoever shows it. One watcher after the other writes to it.
package final class WatchStatus: Sendable {
  package struct Snapshot: Sendable {
    /// Runs that have not ended, as of the last complete sweep.
    package var active = 0
    package var total = 0
    package var lastWholeSweep: Timestamp?
    /// When the source is asked next, by the uptime; nil: it is being asked.
    package var nextLook: Duration?
    /// Flows, or else ids, of some runs that have not ended.
    package var moving: [String] = []
    /// Why the last sweep failed; nil if it succeeded.
    package var failure: String?
    /// Another process watches.
    package var follows = false
  }

  private let state = Locked(Snapshot())

  package init() {}

  package var snapshot: Snapshot { state.withLock { $0 } }

  package func follow(_ follows: Bool) { update { $0.follows = follows } }

  func update(_ change: (inout Snapshot) -> Void) {
    state.withLock { change(&$0) }
  }
}
