package import Rules
package import Runs
internal import Secrets
package import Storage

extension NewEvent {
  /// An event with the rows of the actions that fired.
  ///
  /// - Parameter now: by which quiet hours are judged.
  package init(_ event: RunEvent, _ planned: [PlannedDelivery], _ rules: RuleSet, at now: Timestamp) {
    let deliveries = planned.compactMap { NewDelivery($0, rules, at: now) }
    self.init(event: event, deliveries: deliveries, digests: planned.compactMap { DigestEntry($0) })
  }
}

extension DigestEntry {
  fileprivate init?(_ planned: PlannedDelivery) {
    guard case .digest(let key, let window) = planned.content, let name = planned.destination.destination else {
      return nil
    }
    self.init(
      rule: planned.rule, action: planned.action, key: key, destination: name, window: window,
      plan: planned.digestPlan?.bytes)
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
    let content: DeliveryContent
    switch planned.content {
    case .event: content = .event
    case .body(let bytes): content = .body(bytes)
    case .run(let words): content = .hook(Self.call(.run(words), planned))
    case .shell(let script): content = .hook(Self.call(.shell(script), planned))
    case .download(let directory, let checkpoint):
      content = .download(DownloadCall(directory: directory, checkpoint: checkpoint))
    case .digest: return nil
    }
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
  }

  private static func call(_ command: HookCall.Command, _ planned: PlannedDelivery) -> HookCall {
    let options = planned.options
    return HookCall(
      command: command, environment: options.environment.map { .init(name: $0.name, reference: $0.value.source) },
      results: planned.variables.map { .init(name: $0.name, value: $0.value) },
      workingDirectory: options.workingDirectory, user: options.user, umask: options.umask)
  }
}
