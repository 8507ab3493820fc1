import Runs
import Storage
import TestSupport

/// What is shown.
extension ModelStore {
  func outbox(at now: Timestamp) -> OutboxCount {
    let pending = items.filter(\.isUnsettled)
    let due = items.indices.count { items[$0].status == .claimed || isDue($0, now) }
    return OutboxCount(
      pending: pending.count, due: due, oldest: pending.map(\.createdAt).min(),
      dead: items.count { $0.status == .dead })
  }

  private var known: [(id: String, entry: Ledger.Entry)] {
    model.organizations.flatMap { model.ledger(organization: $0).runs }.map { ($0.key, $0.value) }
      .filter { !$0.1.isGone }
  }

  func runs(_ query: RunQuery) -> [KnownRun] {
    let wanted = known.filter { query.phases.contains($0.entry.phase) }.filter { run in
      guard let after = query.after else { return true }
      return run.entry.since < after.since || (run.entry.since == after.since && run.id > after.id)
    }
    return wanted.sorted { $1.entry.since == $0.entry.since ? $0.id < $1.id : $1.entry.since < $0.entry.since }
      .prefix(query.limit)
      .map { KnownRun(id: $0.id, entry: $0.entry, event: model.lastEvent(run: $0.id) ?? []) }
  }

  func runCounts() -> [Phase: Int] {
    Dictionary(grouping: known, by: \.entry.phase).mapValues(\.count)
  }

  func lastFirings() -> [String: Timestamp] {
    Dictionary(items.map { ($0.new.rule, $0.createdAt) }) { max($0, $1) }
  }

  func activity(from start: Timestamp, step: Duration, count: Int) -> [Activity] {
    (0..<count).map { index in
      let from = start + step * index
      func isIn(_ moment: Timestamp?) -> Bool { moment.map { $0 >= from && $0 < from + step } ?? false }
      var slot = Activity(at: from)
      for event in seen where isIn(event.seenAt) && event.event.eventKind.stay == nil {
        guard case .entered(let phase) = event.event.eventKind, phase.isTerminal else { continue }
        slot.ended[phase, default: 0] += 1
      }
      for item in items where isIn(item.settledAt) {
        if item.status == .delivered {
          slot.delivered += 1
          slot.waited += max(.zero, (item.settledAt ?? from) - item.createdAt)
        } else {
          slot.dead += 1
        }
      }
      return slot
    }
  }
}
