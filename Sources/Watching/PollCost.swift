internal import Runs

/// The cost of a sweep, in run-seconds of waiting that are accepted to save it.
struct PollCost: Sendable {
  private let memory: Double
  /// The mean root of the waiting that accumulated within one interval. By the square-root law, its square is the cost at which
  /// the mean wait is one interval.
  private var root = 0.0
  /// The milliseconds that the mean covers, at most `memory`.
  private var observed = 0.0
  private var last: Timestamp?

  init(memory: Duration) {
    self.memory = Double(memory.milliseconds)
  }

  mutating func observe(_ waitedInOneInterval: Double, now: Timestamp) {
    let passed = last.map { max(0, Double((now - $0).milliseconds)) } ?? 1
    root += (waitedInOneInterval.squareRoot() - root) * passed / max(passed + observed, 1)
    observed = min(observed + passed, memory)
    last = now
  }

  /// - Parameter saved: how full the savings are, -1 ... 1. Half full is neutral; full more than halves the cost, and empty more
  ///   than doubles it.
  func value(saved: Double) -> Double {
    let want = 1 + abs(saved - 0.5)
    return root * root * (saved > 0.5 ? 1 / (want * want) : want * want)
  }
}
