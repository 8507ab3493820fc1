internal import Rules
internal import Runs
internal import Storage

/// Decides what a run as it is now means, given what was known of it. Pure.
struct ChangeDetector: Sendable {
  enum Change: Equatable {
    /// Nothing new.
    case none
    /// To be known from now on, and told to nobody.
    case remember
    /// A transition that becomes an event.
    case transition(from: Phase?)
  }

  /// The first whole sweep was committed, so that a run never seen before is a new one.
  let hasBaseline: Bool
  /// Which ended runs count on the first start.
  let since: Since
  /// Runs named by the user: they count also when they had ended already.
  let named: Set<String>
  /// When this process started.
  let start: Timestamp

  func change(_ run: Run, _ reading: PhaseReading, known: Ledger.Entry?) -> Change {
    change(run.summary, reading, known: known)
  }

  func change(_ run: RunSummary, _ reading: PhaseReading, known: Ledger.Entry?) -> Change {
    guard let known else { return isNews(run, reading) ? .transition(from: nil) : .remember }
    if known.phase == reading.phase { return changeWithinPhase(run, reading, known) }
    // An older state than the known one is a stale answer, not a way back. Only a later time makes an ended run alive.
    if goesBack(from: known.phase, to: reading.phase), reading.since <= known.since { return .none }
    return .transition(from: known.phase)
  }

  private func changeWithinPhase(_ run: RunSummary, _ reading: PhaseReading, _ known: Ledger.Entry) -> Change {
    guard reading.phase.isTerminal else { return .none }
    if known.isBaseline, named.contains(run.id) { return .transition(from: nil) }
    // The same end at another time is the same end (killedAt first, Cancelled a minute later), unless it went on between.
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
