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
    return ActionBranch.allCases.flatMap { branch in
      (root[branch.rawValue]?.elements ?? []).enumerated().map { index, node in
        let label = node["id"]?.string ?? branch.label(index, after: label)
        let isAlone = node["concurrency"] != nil
        let verb = Action.Verb.allCases.first { node[$0.rawValue] != nil } ?? .send
        let destination =
          node[verb.rawValue]?.string.flatMap { verb == .send ? Target.destination($0) : nil }
          ?? .lane(Lane(verb, rule: rule, label: label, isAlone: isAlone))
        return PlannedStep(branch: branch, label: label, destination: destination)
      }
    }
  }
}
