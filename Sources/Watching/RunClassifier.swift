internal import Rules
internal import Runs
internal import Storage

/// The meaning of a new or changed document. Not valid before its sweep is complete.
struct Observation: Sendable {
  let run: Run
  let reading: PhaseReading
  /// The ledger's new entry; nil if it is unchanged.
  let entry: Ledger.Entry?
  /// The run entered the phase of `reading`, which may concern a rule.
  let isTransition: Bool
  /// Of a transition.
  let previousPhase: Phase?
  /// The run is watched and has not ended.
  let isMoving: Bool
  /// No sweep has seen it before.
  let isNew: Bool
}

/// The meaning of a new or changed document of a run that nobody is notified about: it has ended. The document is not kept,
/// because a first sweep may find a hundred thousand of them.
struct UnchangedObservation: Sendable {
  let flow: String?
  let startedAt: Timestamp?
  let phase: Phase
  /// When it ended.
  let since: Timestamp
  /// The ledger's new entry; nil if it is unchanged.
  let entry: Ledger.Entry?
  /// No sweep has seen it before.
  let isNew: Bool
}

/// Classifies documents by what is known of their runs.
struct RunClassifier: Sendable {
  let detector: ChangeDetector
  let ledger: Ledger
  let filter: RunFilter?
  let origin: RunEvent.Origin

  /// Nil if a summary isn't enough: the run is active, or somebody may have to be notified.
  func unchangedObservation(_ summary: RunSummary, after earlier: UnchangedObservation? = nil) -> UnchangedObservation?
  {
    let reading = summary.reading
    guard reading.phase.isTerminal else { return nil }
    let known = earlier?.entry ?? ledger.runs[summary.id]
    let change = detector.change(summary, reading, known: known)
    if case .transition = change { return nil }
    return UnchangedObservation(
      flow: summary.flow, startedAt: summary.startedAt, phase: reading.phase, since: reading.since,
      entry: silentEntry(change, reading, known) ?? earlier?.entry, isNew: earlier?.isNew ?? (known == nil))
  }

  /// - Parameter earlier: what the same sweep has found of the run so far.
  func observation(_ run: Run, after earlier: (entry: Ledger.Entry?, isNew: Bool)? = nil) -> Observation {
    let reading = run.reading
    let known = earlier?.entry ?? ledger.runs[run.id]
    let change = detector.change(run, reading, known: known)
    let isWatched = admits(run, reading, known?.phase)
    var entry = silentEntry(change, reading, known)
    var previous: Phase?
    var isTransition = false
    if case .transition(let from) = change {
      (isTransition, previous) = (isWatched, from)
      entry = Ledger.Entry(phase: reading.phase, since: reading.since, isBaseline: !isWatched)
    }
    let phase = entry?.phase ?? known?.phase ?? reading.phase
    return Observation(
      run: run, reading: reading, entry: entry ?? earlier?.entry, isTransition: isTransition, previousPhase: previous,
      isMoving: isWatched && !phase.isTerminal, isNew: earlier?.isNew ?? (known == nil))
  }

  /// The entry of a run that nobody is notified about.
  private func silentEntry(
    _ change: ChangeDetector.Change, _ reading: PhaseReading, _ known: Ledger.Entry?
  ) -> Ledger.Entry? {
    switch change {
    // A run that had disappeared is back.
    case .none: known.flatMap { $0.isGone ? $0.present : nil }
    case .remember: Ledger.Entry(phase: reading.phase, since: reading.since, isBaseline: true)
    case .transition: nil
    }
  }

  private func admits(_ run: Run, _ reading: PhaseReading, _ previous: Phase?) -> Bool {
    guard let filter else { return true }
    return filter.admits(RunEvent(run, reading: reading, previousPhase: previous, origin: origin))
  }
}

extension Ledger.Entry {
  fileprivate var present: Ledger.Entry {
    Ledger.Entry(phase: phase, since: since, isBaseline: isBaseline)
  }
}
