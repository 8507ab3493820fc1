import Runs
import TestSupport

@testable import Storage

/// What a store must look like from outside, in memory and as plainly as it can be said.
actor ModelStore: StateStore {
  struct Item {
    let sequence: Int64
    let new: NewDelivery
    /// Where it goes now.
    var destination: String
    let event: RunEvent
    var createdAt: Timestamp
    var retryFrom: Timestamp
    var status = DeliveryStatus.pending
    var attempts = 0
    var next: Timestamp?
    /// `next` was put off by a back-off.
    var isBackingOff = false
    /// Or by quiet hours.
    var isQuiet = false
    var claimedAt: Timestamp?
    var settledAt: Timestamp?
    var reason: String?
    var log: [AttemptRecord] = []
    var replays: [Timestamp] = []
    /// Of the digest that it is; then it is of no run.
    var digest: String?
    var attemptsBefore = 0

    /// Deliveries of one run go one after the other.
    var run: String { digest ?? event.runID }
    var isPutOff: Bool { isBackingOff || isQuiet }
    var isUnsettled: Bool { status == .pending || status == .claimed }
  }

  var items: [Item] = []
  private var model = ModelLedger()
  private var seen: [(event: RunEvent, seenAt: Timestamp, rules: String?)] = []
  private var files: [String: [UInt8]] = [:]
  private var states: [String: DestinationState] = [:]

  func ledger(organization: String) -> Ledger { model.ledger(organization: organization) }

  func commit(_ sweep: SweepCommit) -> (events: Int, deliveries: Int) {
    let known = items.count
    let fresh = model.commit(sweep)
    seen += fresh.map { ($0.event, sweep.time, sweep.rules) }
    for new in fresh { insert(new, at: sweep.time) }
    return (fresh.count, items.count - known)
  }

  private func insert(_ new: NewEvent, at now: Timestamp) {
    for delivery in new.deliveries where !items.contains(where: { $0.new.id == delivery.id }) {
      let sequence = (items.last?.sequence ?? 0) + 1
      items.append(
        Item(
          sequence: sequence, new: delivery, destination: delivery.destination, event: new.event, createdAt: now,
          retryFrom: delivery.notBefore ?? now, next: delivery.notBefore ?? now, isQuiet: delivery.notBefore != nil))
    }
    for entry in new.digests { collect(new.event, entry, now) }
  }

  struct Digest {
    let id: String
    let entry: DigestEntry
    var dueAt: Timestamp
    var events: [RunEvent]
    var isOpen = true
  }

  var digests: [Digest] = []
  var names: KnownNames?

  private func collect(_ event: RunEvent, _ entry: DigestEntry, _ now: Timestamp) {
    let open = digests.firstIndex { digest in
      digest.isOpen && digest.entry.rule == entry.rule && digest.entry.action == entry.action
        && digest.entry.key == entry.key
    }
    if let open { return digests[open].events.append(event) }
    let id = "dig_" + RunEvent.digest([event.id, entry.rule, entry.action])
    digests.append(Digest(id: id, entry: entry, dueAt: now + entry.window, events: [event]))
  }

  func dueDigests(at now: Timestamp, most: Int) -> [OpenDigest] {
    digests.filter { $0.isOpen && $0.dueAt <= now }.sorted { ($0.dueAt, $0.id) < ($1.dueAt, $1.id) }.map { digest in
      OpenDigest(
        id: digest.id, rule: digest.entry.rule, action: digest.entry.action, destination: digest.entry.destination,
        count: digest.events.count, events: digest.events.prefix(most).map(\.body), plan: digest.entry.plan)
    }
  }

  func nextDigest() -> Timestamp? { digests.filter(\.isOpen).map(\.dueAt).min() }

  func close(_ digest: OpenDigest, as delivery: NewDelivery, dead reason: String?, at now: Timestamp) -> Bool {
    guard let index = digests.firstIndex(where: { $0.id == digest.id && $0.isOpen }),
      digests[index].events.count == digest.count
    else { return false }
    digests[index].isOpen = false
    let sequence = (items.last?.sequence ?? 0) + 1
    items.append(
      Item(
        sequence: sequence, new: delivery, destination: delivery.destination, event: digests[index].events[0],
        createdAt: now, retryFrom: now, next: now, digest: digest.id
      ))
    if let reason {
      items[items.count - 1].next = nil
      end(items.count - 1, .dead, reason, now)
    }
    return true
  }

  func destinationsDue(at now: Timestamp) -> [String] {
    Set(items.indices.filter { isDue($0, now) }.map { items[$0].destination }).sorted()
  }

  func nextDue(after now: Timestamp) -> Timestamp? {
    items.indices.filter { !waits($0) }.compactMap { items[$0].next }.filter { $0 > now }.min()
  }

  private func isDue(_ index: Int, _ now: Timestamp) -> Bool {
    (items[index].next.map { $0 <= now } ?? false) && !waits(index)
  }

  /// For an earlier event of its run that is still on its way to the same destination.
  private func waits(_ index: Int) -> Bool {
    let item = items[index]
    return item.status == .pending
      && items[..<index].contains {
        $0.isUnsettled && $0.run == item.run && $0.destination == item.destination
          && $0.event.id != item.event.id
      }
  }

  private func due(_ destination: String, _ limit: Int, _ now: Timestamp, _ underWay: Set<Int64>) -> ArraySlice<Int> {
    let free = items.indices.filter { index in
      items[index].destination == destination && isDue(index, now) && !underWay.contains(items[index].sequence)
    }
    // The longest due first, and of those the first that came.
    return free.sorted { (items[$0].next ?? now, $0) < (items[$1].next ?? now, $1) }.prefix(max(0, limit))
  }

  func due(destination: String, limit: Int, at now: Timestamp, except underWay: Set<Int64>) -> [ClaimedDelivery] {
    due(destination, limit, now, underWay).map { taken(items[$0], attempt: items[$0].attempts + 1) }
  }

  func probe(destination: String, at now: Timestamp, except underWay: Set<Int64>) -> ClaimedDelivery? {
    let free = items.indices.filter { index in
      let item = items[index]
      return item.destination == destination && item.status == .pending && !waits(index)
        && (item.isBackingOff || isDue(index, now)) && !underWay.contains(item.sequence)
    }
    return free.min { (items[$0].next ?? now, $0) < (items[$1].next ?? now, $1) }
      .map { taken(items[$0], attempt: items[$0].attempts + 1) }
  }

  func destinationsBackingOff(at now: Timestamp) -> Set<String> {
    Set(items.filter { $0.isBackingOff && $0.next.map { $0 > now } ?? false }.map(\.destination))
  }

  private func release(_ destination: String, at now: Timestamp) -> Bool {
    let waiting = items.indices.filter { index in
      items[index].destination == destination && items[index].isBackingOff
        && items[index].next.map { $0 > now } ?? false
    }
    for index in waiting { (items[index].next, items[index].isBackingOff) = (now, false) }
    return !waiting.isEmpty
  }

  var probeRequests: Set<String> = []

  func hasten(ids: [String], at now: Timestamp) -> [String] {
    let waiting = items.indices.filter { items[$0].isUnsettled && ids.contains(items[$0].new.id) }
    for index in waiting {
      items[index].next = items[index].next.map { min($0, now) }
      (items[index].isBackingOff, items[index].isQuiet) = (false, false)
      probeRequests.insert(items[index].destination)
    }
    return waiting.map { items[$0].new.id }
  }

  func takeProbeRequests() -> Set<String> {
    defer { probeRequests = [] }
    return probeRequests
  }

  func claim(destination: String, limit: Int, at now: Timestamp) -> [ClaimedDelivery] {
    due(destination, limit, now, []).map { index in
      items[index].status = .claimed
      items[index].attempts += 1
      items[index].next = nil
      items[index].claimedAt = now
      return taken(items[index], attempt: items[index].attempts)
    }
  }

  private func taken(_ item: Item, attempt: Int) -> ClaimedDelivery {
    let carriesEvent = if case .body = item.new.content { false } else { true }
    return ClaimedDelivery(
      sequence: item.sequence, id: item.new.id, eventID: item.event.id, runID: item.run, rule: item.new.rule,
      action: item.new.action, destination: item.destination, content: item.new.content,
      event: carriesEvent || item.new.continuation != nil ? item.event.body : [],
      continuation: item.new.continuation, isOnce: item.new.isOnce, attempt: attempt, createdAt: item.createdAt,
      retryFrom: item.retryFrom,
      attemptsBefore: item.attemptsBefore, claimedAt: item.claimedAt, timeout: item.new.timeout,
      retryFor: item.new.retryFor, defers: item.new.defers, form: item.new.form, isStandard: item.new.isStandard)
  }

  func settle(_ batch: SettlementBatch, at now: Timestamp) throws(StorageError) -> SettlementResult {
    let (before, blocked) = (items, items.indices.filter(waits).map { items[$0].sequence })
    do throws(StorageError) {
      for settled in batch.attempts { try settle(settled, at: now) }
    } catch {
      items = before
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

  private func settle(_ settled: SettledAttempt, at now: Timestamp) throws(StorageError) {
    let (delivery, settlement, attempt) = (settled.delivery, settled.settlement, settled.record)
    let moment = attempt?.finishedAt ?? now
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

  func cutOff() -> [ClaimedDelivery] {
    items.filter { $0.status == .claimed && $0.new.isOnce }.map { taken($0, attempt: $0.attempts) }
  }

  func deadLetterBacklog(_ burial: BulkDeadLetter, at now: Timestamp) -> [ClaimedDelivery] {
    dying(burial, at: now) { $0.new.continuation != nil }.map { taken(items[$0], attempt: items[$0].attempts + 1) }
  }

  private func dying(_ burial: BulkDeadLetter, at now: Timestamp, where isMeant: (Item) -> Bool) -> [Int] {
    let dying = items.indices.filter { index in
      let item = items[index]
      guard item.destination == burial.destination, item.status == .pending, isMeant(item),
        !burial.sparing.contains(item.sequence)
      else { return false }
      return item.retryFrom + (item.new.retryFor ?? burial.olderThan) < now
    }
    return Array(dying.prefix(burial.limit))
  }

  private func bury(_ burial: BulkDeadLetter, at now: Timestamp) -> Int {
    let dying = dying(burial, at: now) { $0.new.continuation == nil }
    for index in dying { end(index, .dead, burial.reason, now) }
    return dying.count
  }

  func destinationStates() -> [DestinationState] { states.values.sorted { $0.name < $1.name } }

  func destinationStates(forgettingAllBut fingerprints: [String: String]) -> [DestinationState] {
    states = states.filter { name, state in fingerprints[name].map { $0 == state.fingerprint } ?? true }
    return destinationStates()
  }

  private var saved: ClockReading?
  private var history = ClockHistory()

  func savedClock() -> ClockReading? { saved }

  func reanchor(_ change: ClockChange, to reading: ClockReading) {
    for index in items.indices where items[index].isUnsettled && change != .none {
      items[index].next = items[index].next.map { $0 + change.moments }
      items[index].retryFrom = items[index].retryFrom + change.ages
    }
    for name in states.keys { states[name]?.move(by: change.moments) }
    digests = digests.map { digest in
      var digest = digest
      if digest.isOpen { digest.dueAt = digest.dueAt + change.moments }
      return digest
    }
    if change.retention != .zero { history.add(ClockHistory.Step(at: reading.wall, by: change.retention)) }
    for index in items.indices {
      items[index].createdAt = min(items[index].createdAt, reading.wall)
      items[index].settledAt = items[index].settledAt.map { min($0, reading.wall) }
    }
    hurry(at: reading.wall)
    saved = reading
  }

  nonisolated func keepClock(_ read: @escaping @Sendable () -> ClockReading?) {}

  func hurry(at now: Timestamp) {
    for index in items.indices where items[index].status == .pending && !items[index].isPutOff {
      guard let next = items[index].next, next > now else { continue }
      items[index].next = now
      items[index].retryFrom = min(items[index].retryFrom, now)
    }
  }

  func requiet(_ ends: [String: Timestamp?], at now: Timestamp) {
    for index in items.indices where items[index].status == .pending && items[index].isQuiet {
      guard let end = ends[items[index].new.destination], let next = items[index].next, next > now else { continue }
      let moment = end ?? now
      if next == moment { continue }
      items[index].next = moment
      if end == nil { items[index].isQuiet = false }
      if items[index].attempts == items[index].attemptsBefore { items[index].retryFrom = moment }
    }
  }

  func clockHistory() -> ClockHistory { history }

  func forgetClockSteps(olderThan retention: Duration, at now: Timestamp) {
    history.forget(olderThan: retention, at: now)
  }

  func prune(before: Timestamp, limit: Int) -> Int {
    let old = items.filter { $0.createdAt < before && $0.settledAt.map { $0 < before } ?? false }.prefix(limit)
    items.removeAll { item in old.contains { $0.sequence == item.sequence } }
    return old.count
  }

  private func end(_ index: Int, _ status: DeliveryStatus, _ reason: String?, _ now: Timestamp) {
    (items[index].status, items[index].reason, items[index].settledAt, items[index].next) = (status, reason, now, nil)
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

  func unsettledCount() -> Int { items.count(where: \.isUnsettled) }

  func unsettled() -> [String: Int] {
    items.filter(\.isUnsettled).reduce(into: [:]) { counts, item in counts[item.destination, default: 0] += 1 }
  }

  func deliveries(_ filter: DeliveryFilter) -> [DeliveryRecord] {
    items.filter { item in
      let hasStatus = filter.status.map { $0 == .pending ? item.isUnsettled : item.status == $0 } ?? true
      return hasStatus && filter.runID.map { isAbout($0, item) } ?? true
        && filter.rule.map { $0 == item.new.rule } ?? true && filter.destination.map { $0 == item.destination } ?? true
    }.map(record)
  }

  private func record(_ item: Item) -> DeliveryRecord {
    DeliveryRecord(
      id: item.new.id, eventID: item.event.id, runID: item.digest == nil ? item.event.runID : "", rule: item.new.rule,
      action: item.new.action, destination: item.destination, status: item.status, attempts: item.attempts,
      nextAttemptAt: item.next,
      createdAt: item.createdAt, settledAt: item.settledAt, reason: item.reason, link: item.new.link)
  }

  func remember(_ rules: RuleFileCopy, at now: Timestamp) { files[rules.digest] = files[rules.digest] ?? rules.bytes }

  func ruleFile(digest: String) -> [UInt8]? { files[digest] }

  /// Of the run, or of a digest that tells of it.
  func isAbout(_ run: String, _ item: Item) -> Bool {
    guard let id = item.digest else { return item.event.runID == run }
    return digests.contains { $0.id == id && $0.events.contains { $0.runID == run } }
  }

  func story(run: String) -> RunStory? {
    let mine = items.filter { isAbout(run, $0) }
    let events = seen.filter { $0.event.runID == run }.sorted { $0.event.time < $1.event.time }
    guard !events.isEmpty else { return nil }
    return RunStory(
      last: nil,
      events: events.map { item in
        StoredEvent(
          id: item.event.id, runID: run, word: item.event.eventKind.word, eventKind: item.event.eventKind,
          time: item.event.time, seenAt: item.seenAt, rules: item.rules, body: item.event.body)
      },
      deliveries: mine.map {
        StoredDelivery(record: record($0), continuation: $0.new.continuation, attempts: $0.log, replays: $0.replays)
      })
  }

  func replay(_ filter: ReplayFilter, at now: Timestamp) -> [String] {
    let indices = items.indices.filter { index in
      let item = items[index]
      return !item.isUnsettled && (filter.ids.isEmpty || filter.ids.contains(item.new.id))
        && filter.status ?? item.status == item.status && filter.rule ?? item.new.rule == item.new.rule
        && filter.destination ?? item.destination == item.destination
        && filter.runID.map { isAbout($0, item) } ?? true && item.createdAt >= filter.since ?? item.createdAt
    }
    for index in indices where !filter.isDryRun {
      (items[index].status, items[index].next, items[index].settledAt) = (.pending, now, nil)
      items[index].replays.append(now)
      items[index].attemptsBefore = items[index].attempts
      items[index].retryFrom = now
      (items[index].isBackingOff, items[index].isQuiet) = (false, false)
      probeRequests.insert(items[index].destination)
    }
    return indices.map { items[$0].new.id }
  }

  func lastEvent(run: String) -> [UInt8]? { model.lastEvent(run: run) }

  func delivery(id: String) -> DeliveryDetail? {
    items.first { $0.new.id == id }.map { item in
      let first = first(of: item)
      let chain = items.filter { self.first(of: $0) == first }
      return DeliveryDetail(
        record: record(item), content: item.new.content,
        chain: chain.map { DeliveryStep(record: record($0), continuation: $0.new.continuation) },
        event: item.event.body, attempts: item.log)
    }
  }

  /// The sequence of the earliest step of its chain that is still there.
  private func first(of item: Item) -> Int64 {
    guard let parent = items.first(where: { $0.new.id == item.new.link?.parent }) else { return item.sequence }
    return first(of: parent)
  }

  nonisolated func close() {}
}
