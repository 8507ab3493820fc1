import Runs
import Storage

/// What is due, and taking it.
extension ModelStore {
  func dueTargets(at now: Timestamp) -> DueTargets {
    DueTargets(
      Set(items.indices.filter { isDue($0, now) }.map { items[$0].destination }).sorted(),
      next: items.indices.filter { !waits($0) }.compactMap { items[$0].next }.filter { $0 > now }.min())
  }

  func isDue(_ index: Int, _ now: Timestamp) -> Bool {
    (items[index].next.map { $0 <= now } ?? false) && !waits(index)
  }

  /// For an earlier event of its run that is still on its way to the same destination.
  func waits(_ index: Int) -> Bool {
    let item = items[index]
    return item.status == .pending
      && items[..<index].contains {
        $0.isUnsettled && $0.run == item.run && $0.destination == item.destination
          && $0.event.id != item.event.id
      }
  }

  func due(_ destination: Target, _ limit: Int, _ now: Timestamp, _ underWay: Set<Int64>) -> ArraySlice<Int> {
    let free = items.indices.filter { index in
      items[index].destination == destination && isDue(index, now) && !underWay.contains(items[index].sequence)
    }
    // The longest due first, and of those the first that came.
    return free.sorted { (items[$0].next ?? now, $0) < (items[$1].next ?? now, $1) }.prefix(max(0, limit))
  }

  func due(
    destination: Target, limit: Int, at now: Timestamp, except underWay: Set<Int64>, after place: DuePlace?
  ) -> [ClaimedDelivery] {
    due(destination, items.count, now, underWay).filter { index in
      guard let place, let next = items[index].next else { return true }
      return (next, items[index].sequence) > (place.dueAt, place.sequence)
    }.prefix(max(0, limit)).map { taken(items[$0], attempt: items[$0].attempts + 1) }
  }

  func probe(destination: Target, at now: Timestamp, except underWay: Set<Int64>) -> ClaimedDelivery? {
    let free = items.indices.filter { index in
      let item = items[index]
      return item.destination == destination && item.status == .pending && !waits(index)
        && (item.isBackingOff || isDue(index, now)) && !underWay.contains(item.sequence)
    }
    return free.min { (items[$0].next ?? now, $0) < (items[$1].next ?? now, $1) }
      .map { taken(items[$0], attempt: items[$0].attempts + 1) }
  }

  func destinationsBackingOff(at now: Timestamp) -> Set<Target> {
    Set(items.filter { $0.isBackingOff && $0.next.map { $0 > now } ?? false }.map(\.destination))
  }

  func claim(destination: Target, limit: Int, at now: Timestamp) -> [ClaimedDelivery] {
    due(destination, limit, now, []).map { index in
      items[index].status = .claimed
      items[index].attempts += 1
      items[index].next = nil
      items[index].claimedAt = now
      return taken(items[index], attempt: items[index].attempts)
    }
  }

  func taken(_ item: Item, attempt: Int) -> ClaimedDelivery {
    let carriesEvent = if case .body = item.new.content { false } else { true }
    var delivery = ClaimedDelivery(
      sequence: item.sequence, id: item.new.id, eventID: item.event.id, runID: item.run, rule: item.new.rule,
      action: item.new.action, destination: item.destination, content: item.new.content,
      event: carriesEvent || item.new.continuation != nil ? item.event.body : [],
      continuation: item.new.continuation, isOnce: item.new.isOnce, attempt: attempt, createdAt: item.createdAt,
      retryFrom: item.retryFrom,
      attemptsBefore: item.attemptsBefore, claimedAt: item.claimedAt, timeout: item.new.timeout,
      retryFor: item.new.retryFor, defers: item.new.defers, form: item.new.form, isStandard: item.new.isStandard)
    if item.claimedAt == nil { delivery.dueAt = item.next }
    (delivery.sequel, delivery.rank, delivery.parent) = (item.new.sequel, item.rank, item.new.link?.parent)
    return delivery
  }

  func cutOff() -> [ClaimedDelivery] {
    items.filter { $0.status == .claimed && $0.new.isOnce }.map { taken($0, attempt: $0.attempts) }
  }

  func releaseClaims(at now: Timestamp) -> Int {
    let claimed = items.indices.filter { items[$0].status == .claimed && !items[$0].new.isOnce }
    for index in claimed {
      items[index].log.append(
        AttemptRecord(
          number: items[index].attempts, startedAt: items[index].claimedAt ?? now, finishedAt: now,
          outcome: "interrupted", detail: "vi-notify ended before the answer was known"))
      (items[index].status, items[index].next, items[index].claimedAt) = (.pending, now, nil)
    }
    return claimed.count
  }
}
