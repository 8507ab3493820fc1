import Runs
import Storage
import TestSupport

/// Looking back.
extension ModelStore {
  func unsettledCount() -> Int { items.count(where: \.isUnsettled) }

  func unsettled() -> [Target: Int] {
    items.filter(\.isUnsettled).reduce(into: [:]) { counts, item in counts[item.destination, default: 0] += 1 }
  }

  func beat(_ heartbeat: Heartbeat) { lastBeat = heartbeat }

  func heartbeat() -> Heartbeat? { lastBeat }

  func tally(since moment: Timestamp) -> [DeliveryTally] {
    Dictionary(grouping: items, by: \.destination).map { target, items in
      let dead = items.filter { $0.status == .dead }
      return DeliveryTally(
        target: target, waiting: items.count(where: \.isUnsettled), dead: dead.count,
        recentlyDead: dead.count { $0.settledAt.map { $0 >= moment } ?? false })
    }
    .sorted { $0.target < $1.target }
  }

  func deliveries(_ filter: DeliveryFilter) -> [DeliveryRecord] {
    Array(matching(filter).suffix(filter.limit ?? .max)).map(record)
  }

  func deliveryCount(_ filter: DeliveryFilter) -> Int { matching(filter).count }

  private func matching(_ filter: DeliveryFilter) -> [Item] {
    items.filter { item in
      let hasStatus = filter.status.map { $0 == .pending ? item.isUnsettled : item.status == $0 } ?? true
      return hasStatus && filter.runID.map { isAbout($0, item) } ?? true
        && filter.rule.map { $0 == item.new.rule } ?? true
        && filter.destination.map { $0 == item.destination.name } ?? true
        && filter.since.map { $0 <= item.createdAt } ?? true
    }
  }

  func deliveryCounts(runs: [String]) -> [String: [DeliveryStatus: Int]] {
    runs.reduce(into: [:]) { counts, run in
      for item in items {
        let own = item.digest == nil && item.event.runID == run ? 1 : 0
        let events = digests.first { $0.id == item.digest }?.events.count { $0.runID == run } ?? 0
        if own + events > 0 { counts[run, default: [:]][item.status, default: 0] += own + events }
      }
    }
  }

  func record(_ item: Item) -> DeliveryRecord {
    DeliveryRecord(
      id: item.new.id, eventID: item.event.id, runID: item.digest == nil ? item.event.runID : "", rule: item.new.rule,
      action: item.new.action, destination: item.destination, status: item.status, attempts: item.attempts,
      nextAttemptAt: item.next,
      createdAt: item.createdAt, settledAt: item.settledAt, reason: item.reason, link: item.new.link,
      delay: item.status == .pending ? item.isBackingOff ? .backoff : item.isQuiet ? .quiet : nil : nil,
      behind: ahead(of: item)?.new.id)
  }

  private func ahead(of item: Item) -> Item? {
    guard item.status == .pending else { return nil }
    return items.first {
      $0.sequence < item.sequence && $0.isUnsettled && $0.run == item.run && $0.destination == item.destination
        && $0.event.id != item.event.id
    }
  }

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
      }, held: held.filter { $0.runID == run })
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
  func first(of item: Item) -> Int64 {
    guard let parent = items.first(where: { $0.new.id == item.new.link?.parent }) else { return item.sequence }
    return first(of: parent)
  }

  func remember(_ rules: RuleFileCopy, at now: Timestamp) { files[rules.digest] = files[rules.digest] ?? rules.bytes }

  func ruleFile(digest: String) -> [UInt8]? { files[digest] }

  func prune(before: Timestamp, limit: Int) -> Int {
    let old = items.filter { $0.createdAt < before && $0.settledAt.map { $0 < before } ?? false }.prefix(limit)
    items.removeAll { item in old.contains { $0.sequence == item.sequence } }
    pruneRestraints(before: before)
    allActs.removeAll { $0.at < before }
    return max(old.count, prunePosted(usedBefore: before, limit: limit))
  }
}
