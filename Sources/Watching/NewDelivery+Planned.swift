package import Rules
internal import Secrets
package import Storage

extension NewDelivery {
  /// The row of an action that fired.
  package init(_ planned: PlannedDelivery) {
    let content: DeliveryContent =
      switch planned.content {
      case .event: .event
      case .body(let bytes): .body(bytes)
      case .run(let words): .hook(Self.call(.run(words), planned.options))
      case .shell(let script): .hook(Self.call(.shell(script), planned.options))
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
