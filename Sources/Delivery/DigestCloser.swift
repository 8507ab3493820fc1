internal import JSONSource
package import Logging
package import Rules
package import Runs
package import Storage
package import Telemetry

/// Makes one message of what was collected for it, when its time is over.
package struct DigestCloser: Sendable {
  /// Events of one message that are read; a rule can't ask for more.
  private static let maxEvents = 1_000

  private let store: any StateStore
  private let rules: RuleSet
  private let messages: DigestMessages
  private let time: TimeSource
  private let telemetry: Telemetry
  private let log: Logger

  package init(
    store: any StateStore, rules: RuleSet, destinations: [DestinationSettings], time: TimeSource, telemetry: Telemetry,
    log: Logger
  ) {
    self.store = store
    self.rules = rules
    messages = DigestMessages(rules, destinations)
    self.time = time
    self.telemetry = telemetry
    self.log = log
  }

  /// Closes what is due, or everything. Returns how many deliveries that made.
  package func close(everything: Bool = false) async throws(StorageError) -> Int {
    let now = time.now()
    guard let next = try await store.nextDigest(), everything || next <= now else { return 0 }
    var closed = 0
    let due = everything ? Timestamp(milliseconds: .max) : now
    for digest in try await store.dueDigests(at: due, most: Self.maxEvents) where try await close(digest, at: now) {
      closed += 1
    }
    return closed
  }

  /// False when more was collected meanwhile: it is closed the next time.
  private func close(_ digest: OpenDigest, at now: Timestamp) async throws(StorageError) -> Bool {
    let id = "msg_" + RunEvent.digest([digest.id])
    let collected = CollectedEvents(events: digest.events, count: digest.count)
    let plan = digest.plan.map(ActionPlan.init(stored:))
    let planned = messages.message(id: id, rule: digest.rule, action: digest.action, plan, collected)
    guard let planned, case .delivery(.body(let body)) = planned.content else {
      return try await close(digest, id, collected, at: now)
    }
    if let plan, !messages.isInUse(plan, rule: digest.rule, action: digest.action) {
      log.notice(
        "a digest that another rules file began goes out as it was meant then",
        metadata: [
          "delivery": "\(id)", "rule": "\(digest.rule)", "action": "\(digest.action)", "events": "\(digest.count)",
        ])
    }
    var delivery = NewDelivery(
      id: id, rule: digest.rule, destination: planned.destination, content: .body(body),
      timeout: planned.options.timeout, retryFor: planned.options.retryFor)
    delivery.action = digest.action
    delivery.form = planned.form?.kind.rawValue
    delivery.sequel = planned.sequel
    if let trigger = trigger(of: digest) {
      delivery.defers = rules.defers(destination: planned.destination, trigger: trigger)
      delivery.notBefore = rules.notBefore(destination: planned.destination, trigger: trigger, at: now)
    }
    return try await store.close(digest, as: delivery, dead: nil, at: now)
  }

  /// Nobody knows any more how it was meant: an earlier version collected it, for a rule that is gone. `replay` sends what was
  /// collected all the same, all of it.
  private func close(
    _ digest: OpenDigest, _ id: String, _ collected: CollectedEvents, at now: Timestamp
  ) async throws(StorageError) -> Bool {
    var delivery = NewDelivery(
      id: id, rule: digest.rule, destination: .destination(digest.destination),
      content: .body(DigestMessages.plain(collected)))
    delivery.action = digest.action
    delivery.form = DestinationType.webhook.rawValue
    let reason = "the rules file has no digest for rule \(digest.rule), \(digest.action) any more"
    log.error(
      "a digest is dead, for nobody knows how its message was meant",
      metadata: ["delivery": "\(id)", "rule": "\(digest.rule)", "events": "\(digest.count)"])
    let isClosed = try await store.close(digest, as: delivery, dead: reason, at: now)
    if isClosed { telemetry.deliveries.add(to: .dead) }
    return isClosed
  }

  /// What happened first decides whether quiet hours hold it back.
  private func trigger(of digest: OpenDigest) -> Trigger? {
    guard let event = digest.events.first, let document = try? JSONDocument(parsing: event) else { return nil }
    return document.root["data"]?["phase"]?.string.flatMap(Trigger.init(word:))
  }
}
