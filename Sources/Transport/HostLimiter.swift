/// Who may start and who waits: at most `limit` transfers per origin at a time, first come first served. Pure.
///
/// libcurl could keep such a queue itself, but doesn't look at the time-outs of what waits in it, and every waiting
/// request would hold a handle. Started requests are also what a DNS outage piles resolver threads up for.
struct HostLimiter {
  private struct Host {
    var busy = 0
    var waiting: [UInt64] = []
    /// How much of `waiting` is used up: moving the rest at every step would make long queues quadratic.
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

  /// - Returns: true if `id` may start, false if it has to wait for ``leave(_:)`` to name it.
  mutating func enter(_ id: UInt64, _ origin: String) -> Bool {
    guard hosts[origin, default: Host()].busy >= limit else {
      hosts[origin, default: Host()].busy += 1
      return true
    }
    hosts[origin]?.waiting.append(id)
    return false
  }

  /// `id`, which waits, gives up.
  mutating func withdraw(_ id: UInt64) {
    withdrawn.insert(id)
  }

  /// One that had started has ended.
  ///
  /// - Returns: the one that may start in its place.
  mutating func leave(_ origin: String) -> UInt64? {
    while let id = hosts[origin]?.popFirst() {
      if withdrawn.remove(id) == nil { return id }
    }
    hosts[origin]?.busy -= 1
    if hosts[origin]?.busy == 0 { hosts[origin] = nil }
    return nil
  }
}
