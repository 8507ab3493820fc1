internal import Rules
internal import Runs

/// A watched run that has not ended.
struct MovingRun: Sendable {
  let phase: Phase
  /// When it came into the phase; nil when the API tells no time, so that nobody can say how long it has stayed.
  let since: Timestamp?
  let flow: String?
  let startedAt: Timestamp?
  /// As it was last seen; nil when no rule could ask for it.
  let run: Run?
  /// The times of stay that have been told.
  var told: Set<Duration> = []
}

/// The watched runs that have not ended, and the rules that fire when one stays in a phase too long.
struct MovingRuns: Sendable {
  private(set) var runs: [String: MovingRun] = [:]
  /// Of the documents in ``runs``.
  private var heldBytes = 0
  /// Beyond that documents are kept without their contents.
  private static let mostBytes = 64 << 20
  private let holds: [Phase: [Duration]]
  private let keepsDocuments: Bool

  init(_ rules: RuleSet) {
    holds = Dictionary(grouping: rules.holds, by: \.phase).mapValues { $0.map(\.duration).sorted() }
    keepsDocuments = !holds.isEmpty || rules.names(.disappeared)
  }

  mutating func take(_ findings: some Sequence<Finding>) {
    for finding in findings {
      let id = finding.run.id
      guard finding.isMoving else {
        put(nil, id)
        continue
      }
      let reading = finding.reading
      let since = reading.since.milliseconds > 0 ? reading.since : finding.run.createdAt
      var moving = MovingRun(
        phase: reading.phase, since: since, flow: finding.run.flow, startedAt: finding.run.startedAt,
        run: keepsDocuments ? heldBytes < Self.mostBytes ? finding.run : finding.run.withoutDocument : nil)
      if let known = runs[id], (known.phase, known.since) == (moving.phase, moving.since) { moving.told = known.told }
      put(moving, id)
    }
  }

  mutating func remove(_ ids: some Sequence<String>) {
    for id in ids { put(nil, id) }
  }

  private mutating func put(_ moving: MovingRun?, _ id: String) {
    heldBytes -= runs[id]?.run?.heldBytes ?? 0
    heldBytes += moving?.run?.heldBytes ?? 0
    runs[id] = moving
  }

  /// Stays that are over at `now`, and were not told yet. From then on they count as told.
  ///
  /// - Parameter now: by the source's clock, as are the times of the runs.
  mutating func overdue(at now: Timestamp) -> [(run: Run, stay: Duration)] {
    guard !holds.isEmpty else { return [] }
    var overdue: [(run: Run, stay: Duration)] = []
    for (id, moving) in runs {
      guard let since = moving.since, let run = moving.run else { continue }
      for stay in holds[moving.phase] ?? [] where since + stay <= now && !moving.told.contains(stay) {
        overdue.append((run, stay))
        runs[id]?.told.insert(stay)
      }
    }
    return overdue
  }

  /// What the schedule wants to know: of which flow they are, and since when they go on.
  var expected: [(flow: String?, startedAt: Timestamp)] {
    runs.values.compactMap { run in (run.startedAt ?? run.since).map { (run.flow, $0) } }
  }

  /// When the next stay will be over, by the source's clock; nil when no rule waits for one.
  var nextOverdue: Timestamp? {
    guard !holds.isEmpty else { return nil }
    return runs.values.compactMap { moving -> Timestamp? in
      guard let since = moving.since else { return nil }
      return (holds[moving.phase] ?? []).first { !moving.told.contains($0) }.map { since + $0 }
    }.min()
  }
}
