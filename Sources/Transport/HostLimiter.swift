/// Decides which transfers may start and which wait: at most `limit` per origin at a time, in order of arrival. Pure.
///
/// Whoever has none under way there (``HTTPRequest/fairnessKey``) starts one all the same, or others with a server that hangs for them
/// would keep him from one that works for him. So the limit may be exceeded by one for each of them.
///
/// libcurl has such a queue itself, but it ignores the timeouts of waiting transfers, and each of them holds a handle. The limit
/// also bounds the number of resolver threads that a DNS outage leaves behind.
struct HostLimiter {
  /// Those with one key. Invariant: where some wait, some are busy.
  private struct Turn {
    var busy = 0
    var waiting: [UInt64] = []
    /// The number of consumed entries of `waiting`: removing each at once would make long queues quadratic.
    var next = 0

    var first: UInt64? { next < waiting.count ? waiting[next] : nil }

    mutating func removeFirst() {
      next += 1
      if next > 64, next * 2 > waiting.count {
        waiting.removeFirst(next)
        next = 0
      }
    }
  }

  /// Invariant: where some wait, the limit is reached.
  private struct Host {
    var busy = 0
    /// Of all, also of those that gave up and aren't passed over yet.
    var waiting = 0
    var turns: [String: Turn] = [:]
  }

  private let limit: Int
  private var hosts: [String: Host] = [:]
  private var withdrawn: Set<UInt64> = []

  init(limit: Int) {
    self.limit = max(1, limit)
  }

  /// - Parameter id: higher than those of the jobs that came before.
  /// - Returns: true if `id` may start, false if it must wait until ``leave(_:_:)`` returns it.
  mutating func enter(_ id: UInt64, _ origin: String, _ key: String = "") -> Bool {
    let isAlone = hosts[origin]?.turns[key] == nil
    guard isAlone || hosts[origin, default: Host()].busy < limit else {
      hosts[origin]?.turns[key]?.waiting.append(id)
      hosts[origin]?.waiting += 1
      return false
    }
    hosts[origin, default: Host()].busy += 1
    hosts[origin]?.turns[key, default: Turn()].busy += 1
    return true
  }

  /// Removes `id` from the queue.
  mutating func withdraw(_ id: UInt64) {
    withdrawn.insert(id)
  }

  /// Frees the slot of a transfer that has ended.
  ///
  /// - Returns: the transfer that may start in its place.
  mutating func leave(_ origin: String, _ key: String = "") -> UInt64? {
    hosts[origin]?.busy -= 1
    hosts[origin]?.turns[key]?.busy -= 1
    if hosts[origin]?.turns[key]?.busy == 0 {
      if let id = first(origin, key) { return start(id, origin, key) }
      hosts[origin]?.turns[key] = nil
    }
    guard let host = hosts[origin], host.busy < limit else { return nil }
    if host.waiting > 0 {
      let firsts = host.turns.keys.compactMap { key in first(origin, key).map { (id: $0, key: key) } }
      if let oldest = firsts.min(by: { $0.id < $1.id }) { return start(oldest.id, origin, oldest.key) }
    }
    if host.busy == 0 { hosts[origin] = nil }
    return nil
  }

  /// The first that still waits.
  private mutating func first(_ origin: String, _ key: String) -> UInt64? {
    while let id = hosts[origin]?.turns[key]?.first, withdrawn.remove(id) != nil {
      hosts[origin]?.turns[key]?.removeFirst()
      hosts[origin]?.waiting -= 1
    }
    return hosts[origin]?.turns[key]?.first
  }

  private mutating func start(_ id: UInt64, _ origin: String, _ key: String) -> UInt64 {
    hosts[origin]?.turns[key]?.removeFirst()
    hosts[origin]?.waiting -= 1
    hosts[origin]?.turns[key]?.busy += 1
    hosts[origin]?.busy += 1
    return id
  }
}
