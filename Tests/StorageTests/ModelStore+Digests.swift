import Runs
import Storage

/// Events that are collected into one message.
extension ModelStore {
  struct Digest {
    let id: String
    let entry: DigestEntry
    var dueAt: Timestamp
    var events: [RunEvent]
    var isOpen = true
  }

  func news(within limit: Duration, by time: TimeSource) async -> StateNews {
    if news.isEmpty { try? await time.sleep(limit) }
    defer { news = [] }
    return news
  }

  func collect(_ event: RunEvent, _ entry: DigestEntry, _ now: Timestamp) {
    news.insert(.digest)
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

  func collectingDigests(run: String?) -> [CollectingDigest] {
    let open = digests.filter { digest in
      digest.isOpen && run.map { run in digest.events.contains { $0.runID == run } } ?? true
    }
    return open.sorted { ($0.dueAt, $0.id) < ($1.dueAt, $1.id) }.map { digest in
      let first = digest.events[0]
      return CollectingDigest(
        id: digest.id, rule: digest.entry.rule, action: digest.entry.action, destination: digest.entry.destination,
        dueAt: digest.dueAt, eventID: first.id,
        begunAt: seen.first { $0.event.id == first.id }?.seenAt ?? digest.dueAt, count: digest.events.count)
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
}
