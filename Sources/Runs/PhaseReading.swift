/// What a run's conditions say, taken together: the phase, since when, and the entry that decided.
///
/// The vendor's material knows three dialects (documented, lifecycle, declared) that contradict each other; these rules
/// read all of them. Sources: the Runs page of the vendor's documentation and `Condition`, `ConditionStatus` and
/// `ResourceWaiter` of vi-sdk 0.1.0b7.
package struct PhaseReading: Sendable, Equatable {
  package let phase: Phase
  /// When the run came into this phase, by the API's clock.
  package let since: Timestamp
  /// The entry that decided; nil when `spec.killedAt` did, or nothing.
  package let decidedBy: Condition?

  package init(conditions: [Condition], killedAt: Timestamp?, createdAt: Timestamp?) {
    let reached = Self.latestReached(conditions)
    if let reached, reached.phase.isTerminal {
      self.init(phase: reached.phase, since: reached.condition.time, decidedBy: reached.condition)
    } else if let failure = Self.latestFailedReach(conditions),
      reached.map({ failure.time >= $0.condition.time }) ?? true
    {
      self.init(phase: killedAt == nil ? .failed : .cancelled, since: failure.time, decidedBy: failure)
    } else if let killedAt {
      self.init(phase: .cancelled, since: killedAt, decidedBy: nil)
    } else if let reached {
      self.init(phase: reached.phase, since: reached.condition.time, decidedBy: reached.condition)
    } else {
      self.init(phase: .pending, since: createdAt ?? Timestamp(milliseconds: 0), decidedBy: nil)
    }
  }

  private init(phase: Phase, since: Timestamp, decidedBy: Condition?) {
    self.phase = phase
    self.since = since
    self.decidedBy = decidedBy
  }

  private static func latestReached(_ conditions: [Condition]) -> (condition: Condition, phase: Phase)? {
    conditions
      .compactMap { entry in
        entry.status == .reached ? entry.phaseWhenReached.map { (condition: entry, phase: $0) } : nil
      }
      .max { ($0.condition.time, $0.phase.stage) < ($1.condition.time, $1.phase.stage) }
  }

  private static func latestFailedReach(_ conditions: [Condition]) -> Condition? {
    conditions
      .filter { $0.status == .failedReach && $0.failsRunWhenNotReached }
      .max { $0.time < $1.time }
  }
}
