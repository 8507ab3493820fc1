import Runs
import Storage

/// Messages that others continue.
extension ModelStore {
  func posted(key: String) -> PostedMessage? { messages.first { $0.posted.key == key }?.posted }

  func remember(_ posted: PostedMessage, at now: Timestamp) {
    messages.removeAll { $0.posted.key == posted.key }
    messages.append((posted, now))
  }

  func prunePosted(usedBefore before: Timestamp, limit: Int) -> Int {
    let old = messages.filter { $0.usedAt < before }.sorted { ($0.usedAt, $0.posted.key) < ($1.usedAt, $1.posted.key) }
      .prefix(limit)
    messages.removeAll { message in old.contains { $0.posted.key == message.posted.key } }
    return old.count
  }
}
