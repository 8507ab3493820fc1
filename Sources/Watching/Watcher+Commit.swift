internal import JSONSource
internal import Logging
internal import Rules
internal import Runs
internal import Storage
internal import ViAPI

/// Commits the changes of a sweep and the resulting events.
extension Watcher {
  /// Commits the results of a sweep. The state in memory changes only after that.
  ///
  /// - Parameter ids: runs that are believed to be gone.
  func take(_ sweep: Sweep, gone ids: Set<String>) async throws(StorageError) -> (events: Int, deliveries: Int) {
    let ledger = try await currentLedger()
    var commit = SweepCommit(organization: source.origin.organization, time: stamp())
    var moving = self.moving
    moving.take(sweep.observations.values)
    for (id, observation) in sweep.observations { commit.changed[id] = observation.entry }
    for (id, observation) in sweep.quiet { commit.changed[id] = observation.entry }
    var events = transitions(sweep)
    for id in ids.sorted() {
      guard let entry = ledger.runs[id] else { continue }
      commit.changed[id] = Ledger.Entry(
        phase: entry.phase, since: entry.since, isBaseline: entry.isBaseline, isGone: true)
      if let event = try await disappearance(of: id, entry, at: commit.time) { events.append(event) }
    }
    moving.remove(ids)
    events += stays(&moving)
    if let since = ledger.unreachableSince, !sweep.isSecondLook {
      commit.source = .recovered
      events.append(recovery(since, at: commit.time))
    }
    commit.events = try await planned(events, at: commit.time)
    commit.rules = rulesDigest
    commit.setsBaseline =
      settings.runs.isEmpty && !ledger.hasBaseline && !sweep.isSecondLook && sweep.postponed.isEmpty
    return try await finish(commit, sweep, moving)
  }

  private func finish(
    _ commit: SweepCommit, _ sweep: Sweep, _ moving: MovingRuns
  ) async throws(StorageError) -> (events: Int, deliveries: Int) {
    let counts = commit.isEmpty ? (events: 0, deliveries: 0) : try await store.commit(commit)
    count(commit, counts, sweep)
    if commit.setsBaseline { reportBaseline(commit) }
    remember(commit)
    remember(sweep, moving, at: time.now())
    return counts
  }

  /// Adds their deliveries; events are in order of their time.
  func planned(_ events: [RunEvent], at now: Timestamp) async throws(StorageError) -> [NewEvent] {
    if events.isEmpty { return [] }
    let events = events.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    var restraints = Restraints(try await store.restraints(at: now), at: now)
    let planned = rules.plan(events, &restraints)
    for held in planned.flatMap(\.held) {
      log.notice(
        "message is held back",
        metadata: [
          "run": "\(held.runID)", "rule": "\(held.rule)", "destination": "\(held.destination)",
          "reason": "\(held.reason)",
        ])
    }
    if log.logLevel <= .info {
      for (event, planned) in zip(events, planned) { report(planned.deliveries, of: event) }
    }
    return zip(events, planned).map { NewEvent($0, $1, rules, at: now) }
  }

  /// A line for each rule that fires.
  private func report(_ deliveries: [PlannedDelivery], of event: RunEvent) {
    var rules: [String] = []
    for delivery in deliveries where rules.last != delivery.rule { rules.append(delivery.rule) }
    for rule in rules {
      let places = deliveries.filter { $0.rule == rule }.map { $0.sendsTo ?? "\($0.destination)" }
      var metadata: Logger.Metadata = [
        "rule": "\(rule)", "event": "\(event.id)", "to": "\(places.joined(separator: ", "))",
      ]
      if Run.isValid(id: event.runID) { metadata["run"] = "\(event.runID)" }
      log.info("rule fires", metadata: metadata)
    }
  }

  private func transitions(_ sweep: Sweep) -> [RunEvent] {
    (sweep.passed + sweep.observations.values.filter(\.isTransition)).map { observation in
      log.info("run changed", metadata: observation.metadata)
      return RunEvent(
        observation.run, reading: observation.reading, previousPhase: observation.previousPhase, origin: source.origin,
        usual: history.usual(flow: observation.run.flow))
    }
  }

  /// Nil if the run wasn't watched.
  private func disappearance(
    of id: String, _ entry: Ledger.Entry, at now: Timestamp
  ) async throws(StorageError) -> RunEvent? {
    var run = moving.runs[id]?.run
    if run == nil { run = try await lastSeen(id) }
    let event = RunEvent(
      disappeared: id, lastSeen: run, phase: entry.phase, since: entry.since, noticed: now, origin: source.origin)
    guard moving.runs[id] != nil || settings.match?.admits(event) ?? true else { return nil }
    log.warning("run disappeared before it ended", metadata: ["run": "\(id)", "was": "\(entry.phase.rawValue)"])
    return event
  }

  /// The run as of its last event, for runs that were deleted while nobody watched.
  private func lastSeen(_ id: String) async throws(StorageError) -> Run? {
    guard let body = try await store.lastEvent(run: id), let event = try? JSONDocument(parsing: body),
      let document = event.root["data"]?["run"]
    else { return nil }
    return try? Run(parsing: Array(event.raw(document)))
  }

  private func stays(_ moving: inout MovingRuns) -> [RunEvent] {
    moving.overdue(at: time.now() + source.clockSkew).map { run, stay in
      let reading = run.reading
      log.info(
        "run has stayed in its phase",
        metadata: ["run": "\(run.id)", "phase": "\(reading.phase.rawValue)", "for": "\(stay.words)"])
      return RunEvent(run, reading: reading.withTime(run.createdAt), stayed: stay, origin: source.origin)
    }
  }

  private func recovery(_ since: Timestamp, at now: Timestamp) -> RunEvent {
    log.notice("the Vi API is reachable again", metadata: ["after": "\((now - since).words)"])
    return RunEvent(
      .sourceRecovered, since: since, at: now, message: "the Vi API is reachable again", origin: source.origin)
  }

  private func reportBaseline(_ commit: SweepCommit) {
    let silent = commit.changed.values.filter(\.isBaseline)
    log.info(
      "first start: existing runs are the baseline",
      metadata: [
        "ended": "\(silent.count { $0.phase.isTerminal })", "moving": "\(silent.count { !$0.phase.isTerminal })",
        "counted": "\(commit.events.count)",
      ])
  }
}

extension Observation {
  /// As much of a run's own words as a line of a log has room for.
  private static let maxWords = 200

  /// For the log.
  fileprivate var metadata: Logger.Metadata {
    var metadata: Logger.Metadata = [
      "run": "\(run.id)", "flow": "\(run.flow ?? "")", "from": "\(previousPhase?.rawValue ?? "")",
      "to": "\(reading.phase.rawValue)",
    ]
    guard reading.phase.isTerminal else { return metadata }
    if let start = run.startedAt ?? run.createdAt { metadata["after"] = "\(max(.zero, reading.since - start).words)" }
    let words = [reading.decidedBy?.reason, reading.decidedBy?.message].compactMap(\.self).filter { !$0.isEmpty }
      .joined(separator: ": ")
    if !words.isEmpty { metadata["why"] = "\(words.prefix(Self.maxWords))" }
    return metadata
  }
}
