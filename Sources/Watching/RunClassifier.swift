internal import Rules
internal import Runs
internal import Storage

/// What a document that is new, or that has changed, means. Nothing of it counts before its sweep was read to its end.
struct Observation: Sendable {
  let run: Run
  let reading: PhaseReading
  /// To be known from now on; nil when nothing of it has changed.
  let entry: Ledger.Entry?
  /// The run came into the phase of `reading`, and somebody may want to hear of it.
  let isTransition: Bool
  /// Of a transition.
  let previousPhase: Phase?
  /// The run is watched, and has not ended.
  let isMoving: Bool
  /// No sweep has seen it before.
  let isNew: Bool
}

/// What a document means that is new, or has changed, while nobody is told of its run: it has ended, and nothing more comes
/// of it. The document is not kept, for a first look may find a hundred thousand of them.
struct UnchangedObservation: Sendable {
  let flow: String?
  let startedAt: Timestamp?
  /// Since when it has ended.
  let since: Timestamp
  /// To be known from now on; nil when nothing of it has changed.
  let entry: Ledger.Entry?
  /// No sweep has seen it before.
  let isNew: Bool
}

/// Judges documents by what is known of their runs.
struct RunClassifier: Sendable {
  let detector: ChangeDetector
  let ledger: Ledger
  let filter: RunFilter?
  let origin: RunEvent.Origin

  /// Nil when more than a summary is needed: the run moves, or somebody may have to be told of it.
  func unchangedObservation(_ summary: RunSummary, after earlier: UnchangedObservation? = nil) -> UnchangedObservation?
  {
    let reading = summary.reading
    guard reading.phase.isTerminal else { return nil }
    let known = earlier?.entry ?? ledger.runs[summary.id]
    let change = detector.change(summary, reading, known: known)
    if case .transition = change { return nil }
    return UnchangedObservation(
      flow: summary.flow, startedAt: summary.startedAt, since: reading.since,
      entry: silentEntry(change, reading, known) ?? earlier?.entry, isNew: earlier?.isNew ?? (known == nil))
  }

  /// - Parameter earlier: what the same sweep has found of the run before.
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

  /// What is to be known of a run of which nothing is told.
  private func silentEntry(
    _ change: ChangeDetector.Change, _ reading: PhaseReading, _ known: Ledger.Entry?
  ) -> Ledger.Entry? {
    switch change {
    // A run that was gone, and is there again.
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
