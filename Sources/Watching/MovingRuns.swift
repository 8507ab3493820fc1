internal import Rules
package import Runs

/// A watched run that has not ended.
package struct MovingRun: Sendable {
  package let phase: Phase
  /// When it entered the phase; nil if the API gives no time, so that the length of its stay is unknown.
  package let since: Timestamp?
  package let flow: String?
  package let startedAt: Timestamp?
  /// As last seen; nil if no rule can ask for it.
  let run: Run?
  /// The stays that were reported.
  var told: Set<Duration> = []
}

/// The watched runs that have not ended, and the rules about staying in a phase too long.
struct MovingRuns: Sendable {
  private(set) var runs: [String: MovingRun] = [:]
  /// The size of the documents in ``runs``.
  private var heldBytes = 0
  /// Beyond this, documents are kept without their contents.
  private static let maxBytes = 64 << 20
  private let dwellTimes: [Phase: [Duration]]
  private let keepsDocuments: Bool

  init(_ rules: RuleSet) {
    dwellTimes = Dictionary(grouping: rules.dwellRules, by: \.phase).mapValues { $0.map(\.duration).sorted() }
    keepsDocuments = !dwellTimes.isEmpty || rules.names(.disappeared)
  }

  mutating func take(_ observations: some Sequence<Observation>) {
    for observation in observations {
      let id = observation.run.id
      guard observation.isMoving else {
        put(nil, id)
        continue
      }
      let reading = observation.reading
      let since = reading.since.milliseconds > 0 ? reading.since : observation.run.createdAt
      var moving = MovingRun(
        phase: reading.phase, since: since, flow: observation.run.flow, startedAt: observation.run.startedAt,
        run: keepsDocuments ? heldBytes < Self.maxBytes ? observation.run : observation.run.withoutDocument : nil)
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

  /// Stays that have passed at `now` and were not reported yet. From then on they count as reported.
  ///
  /// - Parameter now: by the source's clock, like the times of the runs.
  mutating func overdue(at now: Timestamp) -> [(run: Run, stay: Duration)] {
    guard !dwellTimes.isEmpty else { return [] }
    var overdue: [(run: Run, stay: Duration)] = []
    for (id, moving) in runs {
      guard let since = moving.since, let run = moving.run else { continue }
      for stay in dwellTimes[moving.phase] ?? [] where since + stay <= now && !moving.told.contains(stay) {
        overdue.append((run, stay))
        runs[id]?.told.insert(stay)
      }
    }
    return overdue
  }

  /// Flows, or else ids, of those that have been in their phase for the shortest time.
  func names(most: Int) -> [String] {
    runs.sorted {
      ($0.value.since ?? .init(milliseconds: 0), $0.key) > ($1.value.since ?? .init(milliseconds: 0), $1.key)
    }.prefix(most)
      .map { $0.value.flow ?? $0.key }
  }

  /// The input of the schedule: each run's flow and start.
  var expected: [(flow: String?, startedAt: Timestamp)] {
    runs.values.compactMap { run in (run.startedAt ?? run.since).map { (run.flow, $0) } }
  }

  /// When the next stay will have passed, by the source's clock; nil if no rule waits for one.
  var nextOverdue: Timestamp? {
    guard !dwellTimes.isEmpty else { return nil }
    return runs.values.compactMap { moving -> Timestamp? in
      guard let since = moving.since else { return nil }
      return (dwellTimes[moving.phase] ?? []).first { !moving.told.contains($0) }.map { since + $0 }
    }.min()
  }
}
