package import Rules
package import Runs
internal import Secrets
package import Storage

extension NewEvent {
  /// An event with the rows of the actions that fired.
  ///
  /// - Parameter now: by which quiet hours are judged.
  package init(_ event: RunEvent, _ planned: [PlannedDelivery], _ rules: RuleSet, at now: Timestamp) {
    let trigger = event.occasion.trigger
    let deliveries = planned.compactMap { planned -> NewDelivery? in
      var delivery = NewDelivery(planned)
      delivery?.defers = rules.defers(destination: planned.destination, trigger: trigger)
      delivery?.notBefore = rules.notBefore(destination: planned.destination, trigger: trigger, at: now)
      return delivery
    }
    self.init(event: event, deliveries: deliveries, digests: planned.compactMap { DigestEntry($0) })
  }
}

extension DigestEntry {
  fileprivate init?(_ planned: PlannedDelivery) {
    guard case .digest(let key, let window) = planned.content else { return nil }
    self.init(
      rule: planned.rule, action: planned.action, key: key, destination: planned.destination, window: window)
  }
}

extension NewDelivery {
  /// The row of an action that fired; nil when it is to be collected into a digest.
  package init?(_ planned: PlannedDelivery) {
    let content: DeliveryContent
    switch planned.content {
    case .event: content = .event
    case .body(let bytes): content = .body(bytes)
    case .run(let words): content = .hook(Self.call(.run(words), planned.options))
    case .shell(let script): content = .hook(Self.call(.shell(script), planned.options))
    case .digest: return nil
    }
    self.init(
      id: planned.id, rule: planned.rule, destination: planned.destination, content: content,
      timeout: planned.options.timeout, retryFor: planned.options.retryFor)
  }

  private static func call(_ command: HookCall.Command, _ options: ActionOptions) -> HookCall {
    HookCall(
      command: command, environment: options.environment.map { .init(name: $0.name, reference: $0.value.source) },
      workingDirectory: options.workingDirectory)
  }
}
