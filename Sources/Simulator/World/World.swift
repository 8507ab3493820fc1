import JSONSource

/// The runs of one organization: a value without clock, timer or socket. Every moment is a parameter, in Unix milliseconds.
package struct World: Sendable {
  package let organization: String
  package let secretKey: String
  /// Larger page sizes are silently reduced to this.
  package let maximumPageSize: Int
  /// Bytes of weights in a model archive.
  package let modelSize: Int
  package let models: ModelFiles
  let checksums = ChecksumMemory()
  private let dialect: Dialect?
  /// Oldest first.
  private var order: [Position] = []
  private var entries: [String: Entry] = [:]

  private struct Entry: Sendable {
    var run: ScriptedRun
    var dialect: Dialect
    /// The document of a run that won't change any more: thousands of them are listed repeatedly.
    var settledDocument: [UInt8]?
  }

  /// The scenario's times count from `start`.
  package init(_ scenario: Scenario, start: Int64) {
    organization = scenario.organization
    secretKey = scenario.secretKey
    maximumPageSize = scenario.maximumPageSize
    modelSize = scenario.modelSize
    models = scenario.models
    dialect = scenario.dialect
    for run in scenario.runs + (scenario.population?.runs() ?? []) { insert(run.shifted(by: start)) }
    order.sort()
  }

  /// Adds a run, or replaces the one with the same id.
  package mutating func add(_ run: ScriptedRun) {
    if let old = entries[run.runID] {
      let position = Position(created: old.run.created, runID: run.runID)
      order.remove(at: index(of: position))
    }
    insert(run)
    let position = order.removeLast()
    order.insert(position, at: index(of: position))
  }

  /// Leaves `order` unsorted.
  private mutating func insert(_ run: ScriptedRun) {
    // A run that replaces another keeps its dialect.
    let byTurn = entries[run.runID]?.dialect ?? Dialect.allCases[entries.count % Dialect.allCases.count]
    entries[run.runID] = Entry(run: run, dialect: run.dialect ?? dialect ?? byTurn)
    order.append(Position(created: run.created, runID: run.runID))
  }

  /// The number of runs before `position` in `order`.
  private func index(of position: Position) -> Int {
    var range = 0..<order.count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range = order[middle] < position ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound
  }
}

extension World {
  package func run(_ runID: String, at now: Int64) -> ScriptedRun? {
    entries[runID].flatMap { $0.run.isVisible(at: now) ? $0.run : nil }
  }

  package mutating func document(_ runID: String, at now: Int64) -> [UInt8]? {
    guard let entry = entries[runID], entry.run.isVisible(at: now) else { return nil }
    let isSettled = entry.run.settled <= now
    if isSettled, let document = entry.settledDocument { return document }
    let document = entry.run.document(organization: organization, dialect: entry.dialect, at: now)
    if isSettled { entries[runID]?.settledDocument = document }
    return document
  }

  /// Ids of at most `size` runs after `position` (nil: from the newest), and the position of the next page.
  func page(behind position: Position?, size: Int, at now: Int64) -> (runs: [String], next: Position?) {
    var runs: [String] = []
    var last: Position?
    for place in order[..<(position.map(index) ?? order.count)].reversed() where run(place.runID, at: now) != nil {
      if runs.count == size { return (runs, last) }
      runs.append(place.runID)
      last = place
    }
    return (runs, nil)
  }

  /// Changes a run; false if it doesn't exist. Its creation must not change.
  @discardableResult
  package mutating func change(_ runID: String, at now: Int64, _ body: (inout ScriptedRun) -> Void) -> Bool {
    guard run(runID, at: now) != nil else { return false }
    entries[runID]?.settledDocument = nil
    if var run = entries[runID]?.run {
      body(&run)
      entries[runID]?.run = run
    }
    return true
  }

  /// From `now` on the run is in this phase, and its future steps are dropped.
  @discardableResult
  package mutating func move(
    _ runID: String, to phase: ScriptedRun.Phase, reason: String? = nil, message: String? = nil, at now: Int64
  ) -> Bool {
    change(runID, at: now) { run in
      run.life.removeAll { $0.at >= now }
      run.life.append(ScriptedRun.Step(at: now, phase, reason: reason, message: message))
    }
  }

  /// Kills an active run; false if there is none.
  @discardableResult
  package mutating func kill(_ runID: String, killedAt: Int64, at now: Int64) -> Bool {
    guard let run = run(runID, at: now), run.kill == nil, run.story(at: now).last?.phase.isTerminal == false else {
      return false
    }
    return change(runID, at: now) { $0.kill = ScriptedRun.Kill(killedAt: killedAt, at: now) }
  }
}
