internal import JSONSource
internal import Runs
internal import Storage

/// Everything that the page shows, as one JSON object of bounded size: some moving runs and the newest ended ones. The rest comes
/// page by page.
actor Overview {
  static let maxMoving = 25
  static let maxEnded = 20
  private static let maxDead = 20
  private static let maxRows = 200
  private static let hours = 24
  /// Values that need a scan of the whole outbox are cached this long.
  private static let slowFreshness: Duration = .seconds(10)

  /// The history of the last day, and when the rules last fired.
  private struct Slow {
    let activity: [Activity]
    let firings: [String: Timestamp]
    let until: Duration
  }

  private let subject: any StatusSubject
  private let surroundings: Surroundings
  private var slow: Slow?

  init(_ subject: any StatusSubject, _ surroundings: Surroundings) {
    (self.subject, self.surroundings) = (subject, surroundings)
  }

  /// Contains no current time, so it is unchanged while nothing happens.
  func members() async throws(StorageError) -> [UInt8] {
    let (store, facts) = (surroundings.store, subject.facts)
    let status = try await surroundings.documents.status(store, surroundings.clock.system)
    let moving = await subject.movingRuns(limit: Self.maxMoving)
    let counts = try await store.runCounts()
    let ended = try await RunList.ended(store, limit: Self.maxEnded)
    let dead = try await newest(DeliveryFilter(status: .dead), Self.maxDead)
    let silences = try await store.silences().filter { $0.isActive(at: surroundings.clock.now) }
    let (tallies, states) = (try await store.tally(since: surroundings.clock.now), try await store.destinationStates())
    let slow = try await history()
    var json = JSONWriter()
    json.object { json in
      json.member("version", surroundings.version)
      json.member("startedAt", facts.startedAt.iso8601)
      json.member("canAct", surroundings.canAct)
      json.member("status", raw: status)
      json.member("source") { write(facts, into: &$0) }
      json.member("runs") { json in
        json.object { json in
          json.member("active", facts.active)
          json.member("total", facts.total)
          json.member("counts") { json in
            json.object { json in for phase in Phase.allCases { json.member(phase.rawValue, counts[phase] ?? 0) } }
          }
          json.member("moving") { $0.array(moving) { $1.write(into: &$0) } }
          json.member("ended") { $0.array(ended) { $1.write(into: &$0) } }
        }
      }
      json.member("destinations") { json in
        json.array(Array(facts.destinations.prefix(Self.maxRows))) { json, destination in
          let tally = tallies.first { $0.target == .destination(destination.name) }
          write(destination, tally, states.first { $0.name == destination.name }, into: &json)
        }
      }
      json.member("deadLetters") { $0.array(dead) { $1.writeBrief(into: &$0) } }
      json.member("rules") { json in
        json.array(Array(facts.rules.prefix(Self.maxRows))) { json, rule in
          json.object { json in
            json.member("name", rule.name)
            json.member("enabled", rule.isEnabled)
            json.member("lastFiredAt", slow.firings[rule.name]?.iso8601)
            json.member("silencedUntil", silences.filter { $0.silences(rule.name) }.map(\.until).max()?.iso8601)
          }
        }
      }
      json.member("silences") { $0.array(silences) { $1.write(into: &$0, now: surroundings.clock.now) } }
      json.member("activity") { $0.array(slow.activity) { $1.write(into: &$0) } }
    }
    return json.bytes
  }

  private func newest(_ filter: DeliveryFilter, _ limit: Int) async throws(StorageError) -> [DeliveryRecord] {
    var filter = filter
    filter.limit = limit
    return try await surroundings.store.deliveries(filter).reversed()
  }

  private func history() async throws(StorageError) -> Slow {
    let (store, clock) = (surroundings.store, surroundings.clock)
    if let slow, clock.uptime < slow.until { return slow }
    // Whole hours, including the current one.
    let hour: Int64 = 3_600_000
    let start = Timestamp(milliseconds: (clock.now.milliseconds / hour - Int64(Self.hours) + 1) * hour)
    let found = Slow(
      activity: try await store.activity(from: start, step: .milliseconds(hour), count: Self.hours),
      firings: try await store.lastFirings(), until: clock.uptime + Self.slowFreshness)
    slow = found
    return found
  }

  private func write(_ facts: LiveFacts, into json: inout JSONWriter) {
    json.object { json in
      json.member("endpoint", facts.endpoint)
      json.member("organization", facts.organization)
      json.member("follows", facts.follows)
      json.member("lastSweepAt", facts.lastWholeSweep?.iso8601)
      json.member("failure", facts.failure)
      json.member("patienceSeconds", facts.patience.milliseconds / 1_000)
      json.member("rulesFile", facts.rulesFile)
      json.member("reloadedAt", facts.reload?.at.iso8601)
      json.member("refusal", facts.reload?.refusal)
    }
  }

  private func write(
    _ destination: LiveFacts.Destination, _ tally: DeliveryTally?, _ state: DestinationState?,
    into json: inout JSONWriter
  ) {
    let now = surroundings.clock.now
    let isHeld = state?.holdUntil.map { $0 > now } ?? false
    let word =
      state?.stoppedAt != nil ? "stopped" : state?.isProbed == true ? "failing" : isHeld ? "held" : "delivers"
    json.object { json in
      json.member("name", destination.name)
      json.member("type", destination.type)
      json.member("pace", destination.pace)
      json.member("waiting", tally?.waiting ?? 0)
      json.member("dead", tally?.dead ?? 0)
      json.member("state", word)
      json.member("reason", state?.stoppedReason)
      json.member("heldUntil", isHeld ? state?.holdUntil?.iso8601 : nil)
      json.member("nextProbeAt", state?.nextProbeAt?.iso8601)
      json.member("failures", state?.failures ?? 0)
    }
  }
}

extension Silence {
  /// Whether it silences everything that the rule would send.
  fileprivate func silences(_ rule: String) -> Bool {
    pattern == nil && destinations.isEmpty && (rules.isEmpty || rules.contains(rule))
  }

  /// Same form as `silence list`.
  func write(into json: inout JSONWriter, now: Timestamp) {
    json.object { json in
      json.member("id", id)
      json.member("active", isActive(at: now))
      json.member("createdAt", createdAt.iso8601)
      json.member("until", until.iso8601)
      json.member("endedAt", endedAt?.iso8601)
      json.member("reason", reason)
      json.member("rules") { $0.array(rules.sorted()) { $0.string($1) } }
      json.member("destinations") { $0.array(destinations.sorted()) { $0.string($1) } }
      if let pattern { json.member("match", raw: pattern) }
    }
  }
}

extension Activity {
  fileprivate func write(into json: inout JSONWriter) {
    json.object { json in
      json.member("at", at.iso8601)
      json.member("ended") { json in
        json.object { json in
          for phase in Phase.allCases where phase.isTerminal { json.member(phase.rawValue, ended[phase] ?? 0) }
        }
      }
      json.member("delivered", delivered)
      json.member("dead", dead)
      json.member("meanMilliseconds", delivered == 0 ? nil : waited.milliseconds / Int64(delivered))
    }
  }
}

extension MovingFact {
  fileprivate func write(into json: inout JSONWriter) {
    json.object { json in
      json.member("runId", id)
      json.member("phase", phase.rawValue)
      json.member("flow", flow)
      json.member("since", since?.iso8601)
      json.member("startedAt", startedAt?.iso8601)
      json.member("usualSeconds", usual.map { $0.milliseconds / 1_000 })
    }
  }
}

extension DeliveryRecord {
  /// The fields that a list line needs.
  func writeBrief(into json: inout JSONWriter) {
    json.object { json in
      json.member("id", id)
      json.member("runId", runID.isEmpty ? nil : runID)
      json.member("rule", rule)
      json.member("action", action)
      json.member("destination", destination.name)
      json.member("status", (status == .claimed ? DeliveryStatus.pending : status).rawValue)
      json.member("attempts", attempts)
      json.member("createdAt", createdAt.iso8601)
      json.member("settledAt", settledAt?.iso8601)
      json.member("reason", reason.map { String($0.prefix(300)) })
    }
  }
}
