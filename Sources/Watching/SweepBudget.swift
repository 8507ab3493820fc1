package import Runs

/// One sweep an interval on average, some of them saved for later.
///
/// A credit accrues per interval, and every sweep costs one, also one that failed. As long as nobody sweeps sooner than
/// ``untilAffordable`` says, no stretch of time sees more sweeps than it has intervals, plus ``capacity``. Who must sweep
/// sooner (a rule's deadline) goes into debt, down to minus ``capacity``, and waits longer afterwards.
package struct SweepBudget: Sendable {
  package let interval: Duration
  /// Credits that can be saved.
  package let capacity: Int
  /// Milliseconds for which nobody swept: credits times the interval, exactly.
  private var saved: Int64
  private var accruedAt: Timestamp?

  /// - Parameters:
  ///   - interval: whole milliseconds, at least one.
  ///   - capacity: at least 1.
  ///   - credits: to begin with, before the first sweep; at most `capacity`.
  package init(interval: Duration, capacity: Int, credits: Int) {
    self.interval = interval
    self.capacity = capacity
    saved = Int64(min(credits, capacity)) * interval.milliseconds
  }

  package var credits: Double { Double(saved) / Double(interval.milliseconds) }

  /// Pays for a sweep made now.
  package mutating func spend(now: Timestamp) {
    accrue(now: now)
    saved = max(saved - interval.milliseconds, -most)
  }

  /// Takes what has come together by now. A clock that was set back gives nothing; one set forward at most fills up.
  package mutating func accrue(now: Timestamp) {
    if let accruedAt, accruedAt < now {
      let passed = min((now - accruedAt).milliseconds, 2 * most)
      saved = min(saved + passed, most)
    }
    accruedAt = now
  }

  /// From the time of the last accrual until there is a credit for the next sweep.
  package var untilAffordable: Duration { .milliseconds(max(0, interval.milliseconds - saved)) }

  /// From the time of the last accrual until nothing more can be saved: waiting longer would give sweeps away.
  package var untilFull: Duration { .milliseconds(most - saved) }

  private var most: Int64 { Int64(capacity) * interval.milliseconds }
}
