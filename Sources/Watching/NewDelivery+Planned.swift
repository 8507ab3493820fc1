package import Rules
package import Runs
package import Storage

extension NewEvent {
  /// An event with the rows of the actions that fired.
  ///
  /// - Parameter now: by which quiet hours and the time of a digest are judged.
  package init(_ event: RunEvent, _ planned: PlannedEvent, _ rules: RuleSet, at now: Timestamp) {
    self.init(event, planned.deliveries, rules, at: now)
    (held, windows) = (planned.held, planned.windows)
  }

  /// The same where nothing is held back.
  package init(_ event: RunEvent, _ planned: [PlannedDelivery], _ rules: RuleSet, at now: Timestamp) {
    let deliveries = planned.compactMap { NewDelivery($0, rules, at: now) }
    self.init(event: event, deliveries: deliveries, digests: planned.compactMap { DigestEntry($0, at: now) })
  }
}

extension DigestEntry {
  fileprivate init?(_ planned: PlannedDelivery, at now: Timestamp) {
    guard case .digest(let key, let end) = planned.content, let name = planned.destination.destination else {
      return nil
    }
    self.init(
      rule: planned.rule, action: planned.action, key: key, destination: name, window: end.wait(from: now),
      plan: planned.plan?.bytes)
  }
}

extension NewDelivery {
  /// The row of an action that fired, with the quiet hours of its destination; nil when it is to be collected into a digest.
  ///
  /// - Parameter now: by which they are judged.
  package init?(_ planned: PlannedDelivery, _ rules: RuleSet, at now: Timestamp) {
    self.init(planned)
    guard let trigger = planned.trigger else { return }
    defers = rules.defers(destination: planned.destination, trigger: trigger)
    notBefore = rules.notBefore(destination: planned.destination, trigger: trigger, at: now)
  }

  /// The row of an action that fired; nil when it is to be collected into a digest.
  package init?(_ planned: PlannedDelivery) {
    guard case .delivery(let content) = planned.content else { return nil }
    self.init(
      id: planned.id, rule: planned.rule, destination: planned.destination, content: content,
      timeout: planned.options.timeout, retryFor: planned.options.retryFor)
    action = planned.action
    link = planned.link.flatMap { link in
      ChainLink.Branch(rawValue: link.branch.rawValue).map { ChainLink(parent: link.parent, $0) }
    }
    continuation = planned.continuation
    isOnce = planned.options.isOnce
    (form, isStandard) = (planned.form?.kind.rawValue, planned.form?.isStandard ?? false)
    sequel = planned.sequel
  }
}
