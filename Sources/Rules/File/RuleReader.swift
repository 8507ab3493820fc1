internal import JSONSource
internal import Runs
internal import Secrets

/// Reads one entry of `rules`.
struct RuleReader {
  let rule: RuleContext
  let scope: WatchScope

  private var diagnostics: DiagnosticList { rule.diagnostics }
  private var path: String { rule.path }

  func rule(_ node: JSONNode) -> Rule? {
    var draft = RuleDraft()
    guard let reader = Shape.rule.read(node, path: path, rule.fields, into: &draft) else { return nil }
    let triggers = draft.triggers
    reportMomentary(triggers, reader)
    let pattern = reader["match"].flatMap {
      PatternCheck(phases: Set(triggers.map(\.word)), scope: scope, diagnostics: diagnostics).pattern($0)
    }
    let nodes = reader.elements("actions")
    let actions = nodes.enumerated().flatMap { index, node in
      ActionReader(
        rule: rule, path: "\(path).actions[\(index)]", defaultLabel: "actions[\(index)]", place: .first
      ).actions(node)
    }
    reportRepeatedIDs(nodes)
    reportActionsOfRuns(nodes, triggers)
    let offset = reader["match"]?.range.lowerBound ?? node.range.lowerBound
    return draft.name.map {
      Rule(
        name: $0, triggers: triggers, holdsFor: draft.holdsFor, isEnabled: draft.isEnabled, cooldown: draft.cooldown,
        pattern: pattern, patternOffset: offset,
        actions: actions)
    }
  }

  /// `for` where a run can't stay.
  private func reportMomentary(_ triggers: Set<Trigger>, _ reader: ObjectReader) {
    guard let node = reader["for"],
      let wrong = Trigger.allCases.first(where: { triggers.contains($0) && !$0.canLast })
    else { return }
    diagnostics.error(
      at: node.range, "\(reader.pathOf("for")) is for phases in which a run can stay, and \(wrong.word) is none",
      hint: "write \"on\": \"running\", \"on\": \"pending\", or both")
  }

  /// Actions that work on a run, where the rule fires on something else.
  private func reportActionsOfRuns(_ actions: [JSONNode], _ triggers: Set<Trigger>) {
    guard let wrong = Trigger.allCases.first(where: { triggers.contains($0) && !$0.isOfRun }) else { return }
    for action in actions {
      for type in ActionType.all where type.implementation.isOfRun {
        guard let node = action[type.verb] else { continue }
        diagnostics.error(
          at: node.range, "there is no model to \(type.verb) on \(wrong.word), which is about no run",
          hint: "write a rule of its own for \(wrong.word)")
      }
      for branch in ActionBranch.allCases { reportActionsOfRuns(action[branch.rawValue]?.elements ?? [], triggers) }
    }
  }

  /// Also of those that differ only in what a variable's name can't show.
  private func reportRepeatedIDs(_ actions: [JSONNode]) {
    var seen: [String: String] = [:]
    func look(_ actions: [JSONNode]) {
      for action in actions {
        if let node = action["id"], let id = node.string {
          let other = seen.updateValue(id, forKey: StepResults.variable(id))
          if let other {
            diagnostics.error(
              at: node.range,
              id == other
                ? "two actions of \(path) have the id \(id.prefix(60).debugDescription)"
                : "the ids \(other.prefix(60).debugDescription) and \(id.prefix(60).debugDescription) would share variables",
              hint: "an id names one action")
          }
        }
        for branch in ActionBranch.allCases { look(action[branch.rawValue]?.elements ?? []) }
      }
    }
    look(actions)
  }
}
