/// Decides which transfers may start and which wait: at most `limit` per origin at a time, in order of arrival. Pure.
///
/// libcurl has such a queue itself, but it ignores the timeouts of waiting transfers, and each of them holds a handle. The limit
/// also bounds the number of resolver threads that a DNS outage leaves behind.
struct HostLimiter {
  private struct Host {
    var busy = 0
    var waiting: [UInt64] = []
    /// The number of consumed entries of `waiting`: removing each at once would make long queues quadratic.
    var next = 0

    mutating func popFirst() -> UInt64? {
      guard next < waiting.count else { return nil }
      defer {
        next += 1
        if next > 64, next * 2 > waiting.count {
          waiting.removeFirst(next)
          next = 0
        }
      }
      return waiting[next]
    }
  }

  private let limit: Int
  private var hosts: [String: Host] = [:]
  private var withdrawn: Set<UInt64> = []

  init(limit: Int) {
    self.limit = max(1, limit)
  }

  /// - Returns: true if `id` may start, false if it must wait until ``leave(_:)`` returns it.
  mutating func enter(_ id: UInt64, _ origin: String) -> Bool {
    guard hosts[origin, default: Host()].busy >= limit else {
      hosts[origin, default: Host()].busy += 1
      return true
    }
    hosts[origin]?.waiting.append(id)
    return false
  }

  /// Removes `id` from the queue.
  mutating func withdraw(_ id: UInt64) {
    withdrawn.insert(id)
  }

  /// Frees the slot of a transfer that has ended.
  ///
  /// - Returns: the transfer that may start in its place.
  mutating func leave(_ origin: String) -> UInt64? {
    while let id = hosts[origin]?.popFirst() {
      if withdrawn.remove(id) == nil { return id }
    }
    hosts[origin]?.busy -= 1
    if hosts[origin]?.busy == 0 { hosts[origin] = nil }
    return nil
  }
}
