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
      // By the clock of whoever killed it; no run is cancelled before it came as far as it did.
      self.init(phase: .cancelled, since: max(killedAt, reached?.condition.time ?? killedAt), decidedBy: nil)
    } else if let reached {
      self.init(phase: reached.phase, since: reached.condition.time, decidedBy: reached.condition)
    } else {
      self.init(phase: .pending, since: createdAt ?? Timestamp(milliseconds: 0), decidedBy: nil)
    }
  }

  init(phase: Phase, since: Timestamp, decidedBy: Condition? = nil) {
    self.phase = phase
    self.since = since
    self.decidedBy = decidedBy
  }

  /// The same with a time, where the API gave none.
  package func withTime(_ time: Timestamp?) -> PhaseReading {
    guard since.milliseconds <= 0, let time else { return self }
    return PhaseReading(phase: phase, since: time, decidedBy: decidedBy)
  }

  private static func latestReached(_ conditions: [Condition]) -> (condition: Condition, phase: Phase)? {
    conditions
      .compactMap { entry in
        entry.status == .reached ? entry.phaseWhenReached.map { (condition: entry, phase: $0) } : nil
      }
      .max { Self.rank($0.condition, $0.phase.stage) < Self.rank($1.condition, $1.phase.stage) }
  }

  private static func latestFailedReach(_ conditions: [Condition]) -> Condition? {
    conditions
      .filter { $0.status == .failedReach && $0.failsRunWhenNotReached }
      .max { Self.rank($0, 0) < Self.rank($1, 0) }
  }

  /// The words come last: of entries that mean the same at the same time, the one chosen must not depend on where it
  /// stands, for the API may list them in another order at the next sweep.
  private static func rank(_ entry: Condition, _ stage: Int) -> (Timestamp, Int, String, String, String) {
    (entry.time, stage, entry.name, entry.message ?? "", entry.reason ?? "")
  }
}
