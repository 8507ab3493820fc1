import Locking
import Runs
import Storage
import TestSupport

/// A store without an outbox whose commits fail on demand, as if the process had been killed there.
final class FailingStore: LedgerStore {
  enum Crash { case before, after }

  private struct State {
    var model = ModelLedger()
    var crash: Crash?
  }

  private let state = Locked(State())

  var events: [RunEvent] { state.withLock { $0.model.events } }

  /// The next commit ends so; nil: well.
  func crash(_ crash: Crash?) { state.withLock { $0.crash = crash } }

  func ledger(organization: String) -> Ledger { state.withLock { $0.model.ledger(organization: organization) } }

  func commit(_ sweep: SweepCommit) throws(StorageError) -> (events: Int, deliveries: Int) {
    let error = StorageError.failed(state: "model", why: "killed")
    let count: Int? = state.withLock { state in
      if state.crash == .before { return nil }
      let count = state.model.commit(sweep).count
      return state.crash == .after ? nil : count
    }
    guard let count else { throw error }
    return (count, 0)
  }

  func restraints(at now: Timestamp) -> RestraintState { RestraintState() }

  func lastEvent(run: String) -> [UInt8]? { state.withLock { $0.model.lastEvent(run: run) } }
}
