internal import Runs
internal import Storage
internal import Telemetry

/// Collects everything on `/metrics`: counters, and values that are read from the state on each scrape.
actor MetricsReader {
  /// Some values need a scan of the outbox, so more frequent scrapes get cached ones.
  static let freshness: Duration = .seconds(2)

  private let subject: any StatusSubject
  private let surroundings: Surroundings
  private var last: (samples: [Sample], until: Duration)?

  init(_ subject: any StatusSubject, _ surroundings: Surroundings) {
    (self.subject, self.surroundings) = (subject, surroundings)
  }

  func samples() async throws(StorageError) -> [Sample] {
    let counted = surroundings.telemetry.snapshot + Self.samples(of: subject.facts, version: surroundings.version)
    let stored = try await reachable()
    return counted + stored + [Self.sample(of: surroundings.outage())] + ProcessSamples.read()
  }

  /// What is in a state that is out of reach is left out: counts as they once were would pass for those of now.
  private func reachable() async throws(StorageError) -> [Sample] {
    if surroundings.outage() != nil { return [] }
    do throws(StorageError) {
      return try await stored()
    } catch {
      if surroundings.outage() != nil { return [] }
      throw error
    }
  }

  private func stored() async throws(StorageError) -> [Sample] {
    let uptime = surroundings.clock.uptime
    if let last, uptime < last.until { return last.samples }
    let (facts, now) = (subject.facts, surroundings.clock.now)
    var samples = Self.samples(of: try await surroundings.store.outbox(at: now))
    samples += Self.samples(of: try await surroundings.store.oldestSnapshot())
    let active = try await surroundings.store.silences().count { $0.isActive(at: now) }
    samples.append(.read("vi_notify_silences_active", "Silences in force.", Double(active)))
    let tallies = try await surroundings.store.tally(since: now)
    let states = try await surroundings.store.destinationStates()
    samples += Self.samples(of: facts.destinations, tallies, states)
    last = (samples, uptime + Self.freshness)
    return samples
  }

  private static func samples(of facts: LiveFacts, version: String) -> [Sample] {
    [
      .read(
        "vi_notify_build_info", "Always 1; the version is a label.", 1,
        labels: [.init(name: "version", value: version)]),
      .read(
        "vi_notify_runs_active", "Watched runs that have not ended, as of the last whole sweep.", Double(facts.active)),
      .read("vi_notify_runs_known", "Watched runs, as of the last whole sweep.", Double(facts.total)),
    ]
  }

  private static func sample(of outage: StateOutage?) -> Sample {
    .read(
      "vi_notify_state_out_of_reach_since_timestamp_seconds", "Since when the state is out of reach; 0: it isn't.",
      seconds(outage?.since))
  }

  private static func samples(of snapshot: OldestSnapshot?) -> [Sample] {
    [
      .read(
        "vi_notify_state_oldest_snapshot_timestamp_seconds",
        "When the transaction began that has been open for longest in the state's database; 0: none is, or it can't be seen.",
        seconds(snapshot?.since)),
      .read(
        "vi_notify_state_oldest_snapshot_transactions",
        "Transactions that have begun since the oldest snapshot in the state's database; 0: there is none.",
        Double(snapshot?.transactions ?? 0)),
    ]
  }

  private static func samples(of outbox: OutboxCount) -> [Sample] {
    [
      .read("vi_notify_outbox_pending", "Deliveries that are neither delivered nor dead.", Double(outbox.pending)),
      .read("vi_notify_outbox_due", "Pending deliveries whose time has come.", Double(outbox.due)),
      .read(
        "vi_notify_outbox_oldest_pending_timestamp_seconds",
        "When the oldest pending delivery was made; 0: none is pending.", seconds(outbox.oldest)),
      .read("vi_notify_dead_letters", "Deliveries that were given up and are kept.", Double(outbox.dead)),
    ]
  }

  /// One series for each destination of the rules file, by name.
  private static func samples(
    of destinations: [LiveFacts.Destination], _ tallies: [DeliveryTally], _ states: [DestinationState]
  ) -> [Sample] {
    typealias Of = (tally: DeliveryTally?, state: DestinationState?)
    let known = destinations.map { destination in
      let of: Of = (
        tallies.first { $0.target == .destination(destination.name) }, states.first { $0.name == destination.name }
      )
      return (labels: [Sample.Label(name: "destination", value: destination.name)], of: of)
    }
    func series(_ name: String, _ help: String, _ value: (Of) -> Double) -> [Sample] {
      known.map { .read("vi_notify_destination_\(name)", help, value($0.of), labels: $0.labels) }
    }
    return [
      series("pending", "Deliveries that wait for the destination.") { Double($0.tally?.waiting ?? 0) },
      series("dead_letters", "Dead letters of the destination.") { Double($0.tally?.dead ?? 0) },
      series("circuit_open", "1: it fails, and gets one delivery at a time as a probe.") {
        $0.state?.isProbed == true ? 1 : 0
      },
      series("stopped", "1: it asked to be left alone for good.") { $0.state?.stoppedAt == nil ? 0 : 1 },
      series("hold_until_timestamp_seconds", "Until when it asked for a pause; 0: it hasn't.") {
        seconds($0.state?.holdUntil)
      },
    ].flatMap(\.self)
  }

  private static func seconds(_ moment: Timestamp?) -> Double {
    moment.map { Double($0.milliseconds) / 1_000 } ?? 0
  }
}
