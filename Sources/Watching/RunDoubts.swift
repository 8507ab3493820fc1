internal import Runs
internal import Storage
internal import ViAPI

/// Runs that had not ended and whose last answer wasn't a document, and what to believe of that. Pure.
struct RunDoubts: Sendable {
  /// The most runs to ask for between two sweeps; the others wait for the next sweep.
  private static let maxAtOnce = 64

  private var beliefs: [String: BeliefPolicy] = [:]
  /// Runs whose state can't be learnt, and the believed reason.
  private(set) var lost: [String: SourceError] = [:]

  init() {}

  /// The ids of all of them.
  var runs: Set<String> { Set(beliefs.keys) }

  /// Runs that answers deny, but not for long enough to be believed.
  func undecided(at uptime: Duration) -> Set<String> {
    Set(beliefs.filter { $0.value.absence(at: uptime) == (true, false) }.keys)
  }

  /// The next answer may prove that a run is gone.
  func isNearAbsence(at uptime: Duration) -> Bool {
    beliefs.values.contains { $0.absence(at: uptime).isNearBelief }
  }

  /// An answer claims that a run is gone.
  func claimsAbsence(at uptime: Duration) -> Bool {
    beliefs.values.contains { $0.absence(at: uptime).isClaimed }
  }

  /// The ids to ask for again.
  var next: [String] { Array(beliefs.keys.sorted().prefix(Self.maxAtOnce)) }

  func nextLook(after uptime: Duration) -> Duration? {
    beliefs.values.compactMap { $0.nextLook(after: uptime) }.min()
  }

  /// Notes the results of a sweep. Returns the runs that are believed to be gone.
  ///
  /// - Parameters:
  ///   - named: runs named by the user: they count even if they were never read.
  ///   - isAPIKnown: the API was read before.
  ///   - uptime: when the sweep began.
  mutating func take(
    _ sweep: Sweep, _ ledger: Ledger, named: Set<String>, isAPIKnown: Bool, at uptime: Duration
  ) -> Set<String> {
    for id in runs where sweep.saw(id) { settle(id) }
    let isAPIKnown = isAPIKnown || !sweep.hashes.isEmpty || !sweep.items.isEmpty
    var gone: Set<String> = []
    for id in sweep.missing {
      let isGone = ledger.runs[id]?.mayEnd != true || fail(id, .noSuchRun(id: id), ledger, isAPIKnown, uptime)
      guard isGone else { continue }
      settle(id)
      if ledger.runs[id]?.mayEnd == true { gone.insert(id) }
    }
    var errors = sweep.faults
    for run in sweep.malformed { if let id = run.id { errors[id] = .unreadable(run) } }
    // A run that was on two pages, and readable on one of them, was seen.
    for (id, error) in errors where !sweep.saw(id) && (ledger.runs[id]?.mayEnd ?? named.contains(id)) {
      lost[id] = fail(id, error, ledger, isAPIKnown, uptime) ? error : nil
    }
    return gone
  }

  private mutating func settle(_ id: String) {
    beliefs[id] = nil
    lost[id] = nil
  }

  /// True if it is believed.
  private mutating func fail(
    _ id: String, _ error: SourceError, _ ledger: Ledger, _ isAPIKnown: Bool, _ uptime: Duration
  ) -> Bool {
    var belief = beliefs[id] ?? BeliefPolicy(wasRead: ledger.runs[id] != nil)
    if isAPIKnown { belief.readElsewhere() }
    defer { beliefs[id] = belief }
    return belief.failed(error, at: uptime)
  }
}
