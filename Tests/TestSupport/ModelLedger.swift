package import Runs
package import Storage

/// The half of a store that a watcher uses, in memory and as plainly as it can be said. The conformance tests of the
/// stores hold it to what a real one does.
package struct ModelLedger: Sendable {
  /// Every event that was taken, in the order in which they came.
  package private(set) var events: [RunEvent] = []
  private var eventIDs: Set<String> = []
  private var ledgers: [String: Ledger] = [:]

  package init() {}

  package var organizations: [String] { ledgers.keys.sorted() }

  package func ledger(organization: String) -> Ledger { ledgers[organization] ?? Ledger() }

  /// Returns the events that were new.
  package mutating func commit(_ sweep: SweepCommit) -> [NewEvent] {
    var ledger = ledgers[sweep.organization] ?? Ledger()
    ledger.runs.merge(sweep.changed) { $1 }
    if sweep.setsBaseline { ledger.hasBaseline = true }
    switch sweep.source {
    case .unreachable(let since): ledger.unreachableSince = since
    case .recovered: ledger.unreachableSince = nil
    case nil: break
    }
    ledgers[sweep.organization] = ledger
    let fresh = sweep.events.filter { eventIDs.insert($0.event.id).inserted }
    events += fresh.map(\.event)
    return fresh
  }

  /// Of equal times the one that came last.
  package func lastEvent(run: String) -> [UInt8]? {
    events.enumerated().filter { $0.element.runID == run }.max {
      ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
    }?
    .element.body
  }
}
