internal import Rules
internal import Runs
internal import Storage

/// Decides what a run's current state means, given what was known of it. Pure.
struct ChangeDetector: Sendable {
  enum Change: Equatable {
    /// Nothing new.
    case none
    /// Remember it, but don't report it.
    case remember
    /// A transition that becomes an event.
    case transition(from: Phase?)
  }

  /// The first complete sweep was committed, so a run never seen before is new.
  let hasBaseline: Bool
  /// Which ended runs count on the first start.
  let since: Since
  /// Runs named by the user: they count even if they had already ended.
  let named: Set<String>
  /// When this process started.
  let start: Timestamp

  func change(_ run: Run, _ reading: PhaseReading, known: Ledger.Entry?) -> Change {
    change(run.summary, reading, known: known)
  }

  func change(_ run: RunSummary, _ reading: PhaseReading, known: Ledger.Entry?) -> Change {
    guard let known else { return isNews(run, reading) ? .transition(from: nil) : .remember }
    if known.phase == reading.phase { return changeWithinPhase(run, reading, known) }
    // A state older than the known one is a stale answer. Only a later time revives an ended run.
    if goesBack(from: known.phase, to: reading.phase), reading.since <= known.since { return .none }
    return .transition(from: known.phase)
  }

  private func changeWithinPhase(_ run: RunSummary, _ reading: PhaseReading, _ known: Ledger.Entry) -> Change {
    guard reading.phase.isTerminal else { return .none }
    if known.isBaseline, named.contains(run.id) { return .transition(from: nil) }
    // The same end with another time is still the same end (killedAt first, Cancelled a minute later), unless the run went on between.
    let endedAgain = reading.since > known.since && run.restarted(after: known.since)
    return endedAgain ? .transition(from: known.phase) : .none
  }

  private func isNews(_ run: RunSummary, _ reading: PhaseReading) -> Bool {
    if !named.isEmpty { return reading.phase.isTerminal }
    if hasBaseline { return true }
    guard reading.phase.isTerminal else { return false }
    return switch since {
    case .now: false
    case .all: true
    case .ago(let duration): reading.since + duration >= start
    case .at(let time): reading.since >= time
    }
  }

  private func goesBack(from old: Phase, to new: Phase) -> Bool {
    !new.isTerminal && (old.isTerminal || new == .pending)
  }
}
