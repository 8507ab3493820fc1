import Runs
import Storage
import TestSupport

/// How attempts end.
extension ModelStore {
  func settle(_ batch: SettlementBatch, at now: Timestamp) throws(StorageError) -> SettlementResult {
    let (before, posted, blocked) = (items, messages, items.indices.filter(waits).map { items[$0].sequence })
    do throws(StorageError) {
      for settled in batch.attempts { try settle(settled, at: now) }
    } catch {
      (items, messages) = (before, posted)
      throw error
    }
    for state in batch.destinations { states[state.name] = state }
    let buried = batch.burials.reduce(0) { $0 + bury($1, at: now) }
    let released = batch.releases.filter { release($0, at: now) }
    let known = before.count
    var told = SweepCommit(organization: "", time: now)
    told.events = batch.events
    for new in model.commit(told) { insert(new, at: now) }
    let freed = items.indices.contains {
      items[$0].isUnsettled && blocked.contains(items[$0].sequence) && !waits($0)
    }
    return SettlementResult(
      mayHaveFreed: freed || buried > 0 || !released.isEmpty || items.count > known, buried: buried)
  }

  func settle(_ settled: SettledAttempt, at now: Timestamp) throws(StorageError) {
    let (delivery, settlement, attempt) = (settled.delivery, settled.settlement, settled.record)
    let moment = attempt?.finishedAt ?? now
    for posted in settled.posted { remember(posted, at: now) }
    if settlement == .interrupted, delivery.claimedAt == nil { return }
    let isClaim = delivery.claimedAt != nil
    let index = items.firstIndex {
      $0.new.id == delivery.id && $0.status == (isClaim ? .claimed : .pending) && $0.claimedAt == delivery.claimedAt
        && $0.attempts == (isClaim ? delivery.attempt : delivery.attempt - 1)
    }
    guard let index, items[index].destination == delivery.destination else {
      // Somebody has sent it elsewhere meanwhile.
      if items.contains(where: { $0.new.id == delivery.id && $0.destination != delivery.destination }) { return }
      throw .notClaimed(delivery.id)
    }
    items[index].claimedAt = nil
    (items[index].isBackingOff, items[index].isQuiet) = (false, false)
    items[index].attempts = attempt == nil && !isClaim ? delivery.attempt - 1 : delivery.attempt
    switch settlement {
    case .delivered: end(index, .delivered, nil, moment)
    case .dead(let reason): end(index, .dead, reason, moment)
    case .retry(let next, let reason), .deferred(let next, let reason):
      (items[index].status, items[index].next, items[index].reason) = (.pending, next, reason)
      if case .retry = settlement { items[index].isBackingOff = true } else { items[index].isQuiet = true }
    case .interrupted:
      (items[index].status, items[index].next) = (.pending, moment)
      items[index].attempts -= 1
      return
    }
    if let attempt { items[index].log.append(attempt) }
    if settlement.isRepeated { return }
    let event = items[index].event
    insert(NewEvent(event: event, deliveries: settled.next), at: now)
  }

  func end(_ index: Int, _ status: DeliveryStatus, _ reason: String?, _ now: Timestamp) {
    (items[index].status, items[index].reason, items[index].settledAt, items[index].next) = (status, reason, now, nil)
  }

  func deadLetterBacklog(_ burial: BulkDeadLetter, at now: Timestamp) -> [ClaimedDelivery] {
    dying(burial, at: now) { $0.new.continuation != nil }.map { taken(items[$0], attempt: items[$0].attempts + 1) }
  }

  func dying(_ burial: BulkDeadLetter, at now: Timestamp, where isMeant: (Item) -> Bool) -> [Int] {
    let dying = items.indices.filter { index in
      let item = items[index]
      guard item.destination == burial.destination, item.status == .pending, isMeant(item),
        !burial.sparing.contains(item.sequence)
      else { return false }
      return item.retryFrom + (item.new.retryFor ?? burial.olderThan) < now
    }
    return Array(dying.prefix(burial.limit))
  }

  func bury(_ burial: BulkDeadLetter, at now: Timestamp) -> Int {
    let dying = dying(burial, at: now) { $0.new.continuation == nil }
    for index in dying { end(index, .dead, burial.reason, now) }
    return dying.count
  }
}
