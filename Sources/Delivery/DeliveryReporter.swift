internal import Logging
internal import Rules
internal import Runs
internal import Storage
internal import Telemetry
internal import Tracing

/// Says and counts what the dispatcher has decided. Nothing is decided here.
struct DeliveryReporter: Sendable {
  let telemetry: Telemetry
  /// Nil: there are no traces.
  var tracer: Tracer?
  let log: Logger

  func report(_ notes: [DispatcherState.Note]) {
    for note in notes {
      switch note {
      case .attempt(let outcome, let type, let took): count(outcome, at: type, after: took)
      case .destination(let state, let before):
        count(state, before)
        report(state, before)
      case .settled(let delivery, let settlement, let number, let took):
        report(delivery, settlement, at: number, after: took)
      }
    }
  }

  /// What has become durable.
  func count(_ batch: SettlementBatch, at now: Timestamp) {
    if let tracer {
      for event in batch.events { tracer.seen(event, at: now) }
      for settled in batch.attempts { tracer.settled(settled, at: now) }
    }
    telemetry.events.add(batch.events.count, to: .destinationStopped)
    for settled in batch.attempts {
      switch settled.settlement {
      case .delivered:
        telemetry.deliveries.add(to: .delivered)
        countTime(settled)
      case .dead: telemetry.deliveries.add(to: .dead)
      case .retry, .deferred, .interrupted: break
      }
    }
  }

  /// What somebody sends again was made long ago.
  private func countTime(_ settled: SettledAttempt) {
    guard settled.delivery.attemptsBefore == 0, let record = settled.record else { return }
    telemetry.deliveryTime.record(record.finishedAt - settled.delivery.createdAt)
  }

  func count(dead: Int) { telemetry.deliveries.add(dead, to: .dead) }

  /// - Parameter waiting: how many wait, for each destination that isn't there.
  func count(homeless waiting: [Target: Int]) {
    telemetry.homeless.set(Double(waiting.values.reduce(0, +)))
  }

  /// What waits for destinations that the rules file doesn't have, once for each rules file. It waits in the outbox, untouched.
  func report(missing waiting: [Target: Int]) {
    count(homeless: waiting)
    guard !waiting.isEmpty else { return }
    log.warning(
      """
      deliveries wait for destinations that the rules file does not have; put them back, or send what waits elsewhere: \
      vi-notify deliveries replay --destination NAME --to OTHER
      """,
      metadata: [
        "deliveries": "\(waiting.values.reduce(0, +))",
        "destinations": "\(waiting.keys.sorted().map(\.name).joined(separator: ", "))",
      ])
  }

  func report(_ burial: BulkDeadLetter, _ buried: Int) {
    log.error(
      "deliveries are dead, for their time was over before their destination could be used",
      metadata: ["destination": "\(burial.destination)", "deliveries": "\(buried)", "reason": "\(burial.reason)"])
  }

  private func count(_ outcome: Outcome, at type: TargetType, after took: Duration) {
    telemetry.attempts[type.place].add(to: AttemptResultWord(outcome))
    telemetry.attemptTime[type.place].record(took)
    if type == .hook, let exit = HookExit(outcome) { telemetry.hookExits.add(to: exit) }
  }

  private func count(_ state: DestinationState, _ before: DestinationState) {
    if state.stoppedAt != nil {
      if before.stoppedAt == nil { telemetry.circuits.add(to: .stopped) }
    } else if state.isProbed != before.isProbed {
      telemetry.circuits.add(to: state.isProbed ? .open : .closed)
    }
    if let until = state.holdUntil, until != before.holdUntil { telemetry.holds.add() }
  }

  private func report(_ state: DestinationState, _ before: DestinationState) {
    var metadata: Logger.Metadata = ["destination": "\(state.name)"]
    if let reason = state.stoppedReason {
      metadata["reason"] = "\(reason)"
      metadata["next"] = "\(state.nextProbeAt?.iso8601 ?? "")"
      if before.stoppedAt == nil {
        log.error(
          """
          destination has stopped: what is for it waits, and one delivery a day asks it again; sooner: vi-notify \
          deliveries replay ID, or other settings
          """, metadata: metadata)
      } else {
        log.warning("destination is still stopped", metadata: metadata)
      }
    } else if let next = state.nextProbeAt, state.isProbed, !before.isProbed {
      metadata["failures"] = "\(state.failures)"
      metadata["next"] = "\(next.iso8601)"
      log.warning("destination fails, from now on one delivery at a time probes it", metadata: metadata)
    } else if before.isProbed, !state.isProbed {
      log.notice("destination works again", metadata: metadata)
    } else if let until = state.holdUntil, until != before.holdUntil {
      metadata["until"] = "\(until.iso8601)"
      log.info("destination asked for a pause", metadata: metadata)
    }
  }

  /// - Parameter took: how long the attempt lasted; nil if the settlement wasn't the end of one.
  func report(_ delivery: ClaimedDelivery, _ settlement: Settlement, at attempt: Int, after took: Duration? = nil) {
    let level: Logger.Level =
      switch settlement {
      case .delivered, .interrupted: .info
      case .retry, .deferred: .warning
      case .dead: .error
      }
    guard level >= log.logLevel else { return }
    var metadata: Logger.Metadata = [
      "delivery": "\(delivery.id)", "rule": "\(delivery.rule)", "action": "\(delivery.action)",
      "destination": "\(delivery.destination)", "attempt": "\(attempt)",
    ]
    if let took { metadata["took"] = "\(took.milliseconds)ms" }
    // Events about the source, and digests, belong to no single run.
    if Run.isValid(id: delivery.runID) { metadata["run"] = "\(delivery.runID)" }
    switch settlement {
    case .delivered: log.info("delivered", metadata: metadata)
    case .interrupted: log.info("attempt interrupted, it will be made again", metadata: metadata)
    case .retry(let next, let reason), .deferred(let next, let reason):
      metadata["reason"] = "\(reason)"
      metadata["next"] = "\(next.iso8601)"
      log.warning("attempt failed, it will be repeated", metadata: metadata)
    case .dead(let reason):
      metadata["reason"] = "\(reason)"
      metadata["see"] = "vi-notify deliveries show \(delivery.id)"
      log.error("delivery is dead", metadata: metadata)
    }
  }
}
