internal import EventPatterns
internal import JSONSource
package import Runs

/// Whether a rule fires for an event, and if not, why.
package struct RuleVerdict: Sendable, Equatable {
  package let rule: String
  package let fired: Bool
  /// The first reason in words: `phase is failed, the rule wants succeeded`. For a rule that fired, what it fired on.
  package let reason: String
}

extension RuleSet {
  /// One verdict for each rule, in the order of the file. The slow path, for people who ask.
  package func verdicts(on event: RunEvent) -> [RuleVerdict] {
    let data = (try? JSONDocument(parsing: event.data))?.root
    return rules.map { rule in
      guard rule.isEnabled else {
        return RuleVerdict(rule: rule.name, fired: false, reason: "the rule is disabled: \"enabled\" is false")
      }
      guard rule.fires(on: event.eventKind) else {
        return RuleVerdict(rule: rule.name, fired: false, reason: rule.refusal(of: event.eventKind))
      }
      if let data, case .fails(_, let reason)? = rule.pattern?.explain(data) {
        return RuleVerdict(rule: rule.name, fired: false, reason: reason)
      }
      let matched = rule.pattern == nil ? "" : ", and all of match holds"
      let skipped = rule.actions.compactMap { action in data.flatMap { action.refusal(of: $0) } }.map { "; \($0)" }
      return RuleVerdict(
        rule: rule.name, fired: true, reason: "phase is \(event.eventKind.word)\(matched)\(skipped.joined())")
    }
  }
}

extension Rule {
  /// Why it does not fire on this.
  fileprivate func refusal(of eventKind: EventKind) -> String {
    guard triggers.contains(eventKind.trigger) else {
      let wanted = Trigger.allCases.filter(triggers.contains).map(\.word).joined(separator: " or ")
      return "phase is \(eventKind.word), the rule wants \(wanted)"
    }
    guard let holdsFor else { return "the rule fires at once, and not when the run has stayed in \(eventKind.word)" }
    return "the rule fires when the run has been \(eventKind.word) for \(holdsFor.words)"
  }
}
