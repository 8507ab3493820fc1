/// The phase that a run's conditions imply, since when, and the deciding entry.
///
/// The vendor's documentation and SDK use three contradicting dialects (documented, lifecycle, declared); these rules read
/// all of them. Sources: the Runs page of the vendor's documentation and `Condition`, `ConditionStatus` and `ResourceWaiter` of
/// vi-sdk 0.1.0b7.
package struct PhaseReading: Sendable, Equatable {
  package let phase: Phase
  /// When the run entered this phase, by the API's clock.
  package let since: Timestamp
  /// The deciding entry; nil if `spec.killedAt` decided, or nothing.
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
      // `killedAt` uses another clock; a run can't be cancelled before its last transition.
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

  /// The same with a time, if the API gave none.
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

  /// The words come last. If entries mean the same at the same time, the choice must not depend on their position, because the
  /// API may list them in another order in the next sweep.
  private static func rank(_ entry: Condition, _ stage: Int) -> (Timestamp, Int, String, String, String) {
    (entry.time, stage, entry.name, entry.message ?? "", entry.reason ?? "")
  }
}
