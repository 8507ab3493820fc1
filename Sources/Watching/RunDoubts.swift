internal import Runs
internal import Storage
internal import ViAPI

/// Runs of which the last answer was no document although they had not ended, and what is believed of that. Pure.
struct RunDoubts: Sendable {
  /// Runs asked for once more between two sweeps; if there are more, the others wait for the next sweep.
  private static let maxAtOnce = 64

  private var beliefs: [String: BeliefPolicy] = [:]
  /// Runs of which nothing can be learnt, and why that is believed.
  private(set) var lost: [String: SourceError] = [:]

  init() {}

  /// All of them, by id.
  var runs: Set<String> { Set(beliefs.keys) }

  /// Those that single answers deny, while the time is not there to believe it.
  func undecided(at uptime: Duration) -> Set<String> {
    Set(beliefs.filter { $0.value.absence(at: uptime) == (true, false) }.keys)
  }

  /// One more answer may show that some run is gone.
  func isNearAbsence(at uptime: Duration) -> Bool {
    beliefs.values.contains { $0.absence(at: uptime).isNearBelief }
  }

  /// Some run seems to be gone.
  func claimsAbsence(at uptime: Duration) -> Bool {
    beliefs.values.contains { $0.absence(at: uptime).isClaimed }
  }

  /// Whom to ask once more, by id.
  var next: [String] { Array(beliefs.keys.sorted().prefix(Self.maxAtOnce)) }

  func nextLook(after uptime: Duration) -> Duration? {
    beliefs.values.compactMap { $0.nextLook(after: uptime) }.min()
  }

  /// Takes note of what a look has shown. Returns the runs that are believed to be gone.
  ///
  /// - Parameters:
  ///   - named: runs named by the user: they count also when they were never read.
  ///   - isAPIKnown: it was read before.
  ///   - uptime: when the look began.
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
    // One that stood on two pages, and could be read on one of them, was seen.
    for (id, error) in errors where !sweep.saw(id) && (ledger.runs[id]?.mayEnd ?? named.contains(id)) {
      lost[id] = fail(id, error, ledger, isAPIKnown, uptime) ? error : nil
    }
    return gone
  }

  private mutating func settle(_ id: String) {
    beliefs[id] = nil
    lost[id] = nil
  }

  /// True when it is believed.
  private mutating func fail(
    _ id: String, _ error: SourceError, _ ledger: Ledger, _ isAPIKnown: Bool, _ uptime: Duration
  ) -> Bool {
    var belief = beliefs[id] ?? BeliefPolicy(wasRead: ledger.runs[id] != nil)
    if isAPIKnown { belief.readElsewhere() }
    defer { beliefs[id] = belief }
    return belief.failed(error, at: uptime)
  }
}
