package import Runs

/// One sweep per interval on average; some may be saved for later.
///
/// A credit accrues per interval, and every sweep costs one, including failed ones. If no sweep comes earlier than
/// ``untilAffordable``, no period sees more sweeps than it has intervals, plus ``capacity``. A sweep that must come earlier (a rule's
/// deadline) goes into debt, down to minus ``capacity``, and the next ones wait longer.
package struct SweepBudget: Sendable {
  package let interval: Duration
  /// The most credits that can be saved.
  package let capacity: Int
  /// Unused milliseconds: credits times the interval, exactly.
  private var saved: Int64
  private var accruedAt: Timestamp?

  /// - Parameters:
  ///   - interval: whole milliseconds, at least one.
  ///   - capacity: at least 1.
  ///   - credits: before the first sweep; at most `capacity`.
  package init(interval: Duration, capacity: Int, credits: Int) {
    self.interval = interval
    self.capacity = capacity
    saved = Int64(min(credits, capacity)) * interval.milliseconds
  }

  package var credits: Double { Double(saved) / Double(interval.milliseconds) }

  /// Pays for a sweep at `now`.
  package mutating func spend(now: Timestamp) {
    accrue(now: now)
    saved = max(saved - interval.milliseconds, -most)
  }

  /// Adds the time that has passed. A clock that was set back adds nothing; one set forward at most fills the savings.
  package mutating func accrue(now: Timestamp) {
    if let accruedAt, accruedAt < now {
      let passed = min((now - accruedAt).milliseconds, 2 * most)
      saved = min(saved + passed, most)
    }
    accruedAt = now
  }

  /// From the last accrual until there is a credit for the next sweep.
  package var untilAffordable: Duration { .milliseconds(max(0, interval.milliseconds - saved)) }

  /// From the last accrual until nothing more can be saved: waiting longer would waste sweeps.
  package var untilFull: Duration { .milliseconds(most - saved) }

  private var most: Int64 { Int64(capacity) * interval.milliseconds }
}
