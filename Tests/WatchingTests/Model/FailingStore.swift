import Locking
import Runs
import Storage
import TestSupport

/// A store without an outbox whose commits fail on demand, as if the process had been killed there.
final class FailingStore: StateStore {
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
    let error = StorageError.failed(path: "model", why: "killed")
    let count: Int? = state.withLock { state in
      if state.crash == .before { return nil }
      let count = state.model.commit(sweep).count
      return state.crash == .after ? nil : count
    }
    guard let count else { throw error }
    return (count, 0)
  }

  func lastEvent(run: String) -> [UInt8]? { state.withLock { $0.model.lastEvent(run: run) } }

  func destinationsDue(at now: Timestamp) -> [String] { [] }
  func nextDue(after now: Timestamp) -> Timestamp? { nil }
  func claim(destination: String, limit: Int, at now: Timestamp) -> [ClaimedDelivery] { [] }
  func settle(_ delivery: ClaimedDelivery, as: Settlement, _ attempt: AttemptRecord) throws(StorageError) {
    throw .notClaimed(delivery.id)
  }
  func releaseClaims(at now: Timestamp) -> Int { 0 }
  func unsettledCount() -> Int { 0 }
  func deliveries(_ filter: DeliveryFilter) -> [DeliveryRecord] { [] }
  func remember(_ rules: RuleFileCopy, at now: Timestamp) {}
  func ruleFile(digest: String) -> [UInt8]? { nil }
  func story(run: String) -> RunStory? { nil }
  func replay(_ filter: ReplayFilter, at now: Timestamp) -> [String] { [] }
  func delivery(id: String) -> DeliveryDetail? { nil }
  func close() {}
}
