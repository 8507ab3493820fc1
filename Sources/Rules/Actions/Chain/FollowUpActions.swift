internal import JSONSource
package import Storage

/// What comes after an action, as the rules file has it: strict JSON, so that it can be kept beside the action's delivery and be
/// carried out when that has settled, by whatever rules file is in use then.
package struct FollowUpActions: Sendable {
  /// Lists of actions by branch.
  private let lists: [(branch: ActionBranch, json: [UInt8])]
  private let kinds: DestinationKinds

  /// Nil: nothing comes after it.
  ///
  /// - Parameter kind: of a destination, by its name.
  init?(_ reader: ObjectReader, kind: (String) -> DestinationSettings.Kind?) {
    kinds = DestinationKinds(namedBy: ActionBranch.allCases.compactMap { reader[$0.rawValue] }, kind)
    lists = ActionBranch.allCases.compactMap { branch in
      reader[branch.rawValue].map { node in
        var json = JSONWriter()
        json.value(node)
        return (branch, json.bytes)
      }
    }
    if lists.isEmpty { return nil }
  }

  /// As it is kept: `{"steps": {…}, "error": "…", "then": […], "onFailure": […], "kinds": {…}}`.
  ///
  /// - Parameter results: of the steps before its action.
  func stored(_ results: StepResults) -> [UInt8] {
    JSONWriter.object { json in
      results.write(into: &json)
      for list in lists { json.member(list.branch.rawValue, raw: list.json) }
      kinds.write(into: &json)
    }
  }
}

extension FollowUpActions {
  static let held = "held"
  static let heldLabel = "label"

  /// What is kept beside what is fetched for an action: `{"steps": {…}, "held": {"action": {…}, "kinds": {…}}, "label": "…"}`.
  ///
  /// - Parameter results: of the steps before the action.
  static func held(_ plan: ActionPlan, label: String, _ results: StepResults) -> [UInt8] {
    JSONWriter.object { json in
      results.write(into: &json)
      json.member(held, raw: plan.bytes)
      json.member(heldLabel, label)
    }
  }

  /// An action that is kept, as somebody who looks at the chain wants to know of it.
  package struct PlannedStep: Sendable, Equatable {
    package let branch: ActionBranch
    /// Its `id`, or its place.
    package let label: String
    /// The same that its delivery will have.
    package let destination: Target
  }

  /// The steps that a stored continuation names, in the order of the file.
  package static func steps(of stored: [UInt8], rule: String, after label: String) -> [PlannedStep] {
    guard let root = try? JSONDocument(parsing: stored).root else { return [] }
    if let action = root[held]?["action"], let label = root[heldLabel]?.string {
      return [PlannedStep(branch: .then, label: label, destination: target(action, rule, label))]
    }
    return ActionBranch.allCases.flatMap { branch in
      (root[branch.rawValue]?.elements ?? []).enumerated().map { index, node in
        let label = node["id"]?.string ?? branch.label(index, after: label)
        return PlannedStep(branch: branch, label: label, destination: target(node, rule, label))
      }
    }
  }

  /// Where the delivery of an action will wait. One that this version can't read will be a lost step.
  private static func target(_ action: JSONNode, _ rule: String, _ label: String) -> Target {
    guard let type = ActionType.all.first(where: { action[$0.verb] != nil }) else { return .lane(Lane(.lost)) }
    if type.implementation.lane == nil, let name = action[type.verb]?.string { return .destination(name) }
    return .lane(type.lane(rule: rule, label: label, isAlone: action["concurrency"] != nil))
  }
}
