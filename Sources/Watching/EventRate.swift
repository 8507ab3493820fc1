internal import Glibc
internal import Runs

/// How often something happens, with exponentially decaying weight.
struct EventRate: Sendable {
  /// Seconds after which an event counts for 1/e.
  static let memory = 43_200.0

  /// Starts at one event, because no knowledge doesn't mean that nothing happens.
  private var sum = 1.0
  private var last: Timestamp?

  /// Events may come out of order: an older one counts as if it had happened at the time of the latest.
  mutating func count(at time: Timestamp) {
    sum = last == nil ? 1 : 1 + sum * share(at: time)
    last = max(last ?? time, time)
  }

  func perSecond(now: Timestamp) -> Double {
    sum * share(at: now) / Self.memory
  }

  private func share(at time: Timestamp) -> Double {
    guard let last else { return 1 }
    return exp(-max(0, Double((time - last).milliseconds)) / 1000 / Self.memory)
  }
}
