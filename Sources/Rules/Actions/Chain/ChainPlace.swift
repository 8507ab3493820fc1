internal import JSONSource
internal import Storage

/// Where an action stands in its chain: what its templates can know of the steps before it.
struct ChainPlace {
  /// The steps before it that have an id; nil: whatever they are.
  let steps: [String: EarlierStep]?
  /// What was fetched for it or for a step before it.
  let included: Set<IncludeCall.Part>
  /// One of them has failed.
  let isAfterFailure: Bool
  /// It was checked when it was written down, and is read again to be carried out.
  let isStored: Bool
  /// Of a stored action: which types the destinations that it names had when it was written down.
  let kinds: [String: DestinationSettings.Kind]

  static let first = ChainPlace(steps: [:], included: [], isAfterFailure: false, isStored: false, kinds: [:])

  static func stored(_ kinds: [String: DestinationSettings.Kind]) -> ChainPlace {
    ChainPlace(
      steps: nil, included: Set(IncludeCall.Part.allCases), isAfterFailure: true, isStored: true, kinds: kinds)
  }

  var scope: TemplateScope {
    TemplateScope.chain(after: steps, including: included, hasFailed: isAfterFailure)
  }

  func including(_ parts: Set<IncludeCall.Part>) -> ChainPlace {
    ChainPlace(
      steps: steps, included: included.union(parts), isAfterFailure: isAfterFailure, isStored: isStored, kinds: kinds)
  }

  func after(_ label: String, _ type: ActionType, _ branch: ActionBranch) -> ChainPlace {
    let isNamed = StepResults.isID(label)
    return ChainPlace(
      steps: isNamed ? steps?.merging([label: EarlierStep(verb: type.verb, results: type.results)]) { $1 } : steps,
      included: included,
      isAfterFailure: isAfterFailure || branch == .onFailure, isStored: isStored, kinds: kinds)
  }
}

extension ActionReader {
  /// The actions of one branch.
  func steps(_ branch: ActionBranch, _ reader: ObjectReader, after label: String, _ type: ActionType)
    -> [ActionSettings]
  {
    let key = branch.rawValue
    guard let list = reader[key] else { return [] }
    if reader["digest"] != nil {
      diagnostics.error(
        at: list.range, "\(path) is a digest, and nothing can come after it",
        hint: "a digest tells of many runs; what follows would be of none")
    }
    let place = place.after(label, type, branch)
    return reader.elements(key).enumerated().compactMap { index, node in
      ActionReader(
        rule: rule, path: "\(path).\(key)[\(index)]", defaultLabel: branch.label(index, after: label), place: place
      ).action(node)
    }
  }
}
