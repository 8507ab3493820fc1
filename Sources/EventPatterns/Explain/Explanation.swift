package import JSONSource

/// Whether a pattern matches an event, and if not, why.
package enum Explanation: Sendable, Equatable {
  case matches
  /// `reason` is a clause that names the field and its value in the event: `phase is failed, the rule wants succeeded`;
  /// `path` is only the field.
  case fails(path: String, reason: String)
}

extension EventPattern {
  /// Returns the first reason why the pattern doesn't match, in the order in which it was written.
  ///
  /// The slow path: it walks a tree and tests every condition on its own, while ``PatternMatcher`` scans.
  package func explain(_ event: JSONNode) -> Explanation {
    var best: Failure?
    let combinations = root.combinations()
    for combination in combinations {
      guard let failure = Attempt(combination, event, dialect).failure else { return .matches }
      if failure.weight < best?.weight ?? .max { best = failure }
    }
    guard let best else { return .matches }
    let isCommon = root.conditions.contains { $0.condition.path == best.path }
    guard combinations.count > 1, !isCommon else { return .fails(path: best.path.description, reason: best.reason) }
    let reason = "no alternative of $or matches; the closest: \(best.reason)"
    return .fails(path: best.path.description, reason: reason)
  }
}

/// Why one combination of conditions doesn't hold.
private struct Failure {
  let path: FieldPath
  let reason: String
  /// The number of failing conditions; the combination with the fewest is reported.
  let weight: Int
}

/// One combination of conditions, compared with one event.
private struct Attempt {
  let conditions: [WrittenCondition]
  let tree: EventTree

  init(_ conditions: [WrittenCondition], _ event: JSONNode, _ dialect: PatternDialect) {
    self.conditions = conditions
    tree = EventTree(event, paths: conditions.map(\.condition.path), dialect)
  }

  /// Nil if the combination holds.
  var failure: Failure? {
    let failing = conditions.filter { isImpossible($0.condition) }.sorted { $0.offset < $1.offset }
    if let first = failing.first?.condition {
      return Failure(path: first.path, reason: reason(first), weight: failing.count)
    }
    return disagreement
  }

  private func isImpossible(_ condition: FieldCondition) -> Bool {
    let leaves = tree.leaves(at: condition.path)
    if condition.allowsAbsence, !leaves.contains(where: { $0.element < 0 }) { return false }
    return !leaves.contains { condition.isMet(by: $0.value) }
  }

  /// The first condition that no element of an array meets together with those before it.
  private var disagreement: Failure? {
    guard !agree(conditions.count) else { return nil }
    let count = (1...conditions.count).first { !agree($0) } ?? conditions.count
    let last = conditions[count - 1].condition
    let before = conditions[..<(count - 1)].map(\.condition.path).filter { tree.share(array: $0, last.path) }
    let leaves = tree.leaves(at: last.path)
    if last.allowsAbsence, !leaves.contains(where: { last.isMet(by: $0.value) }) {
      return Failure(path: last.path, reason: "\(last.path) is present, the rule wants it absent", weight: 1)
    }
    let others = before.map(\.description).joined(separator: ", ")
    let reason = "\(last.path) matches only in another element of the list than \(others)"
    return Failure(path: last.path, reason: reason, weight: 1)
  }

  /// Whether some elements meet the first `count` conditions together.
  private func agree(_ count: Int) -> Bool {
    var search = ConsistencySearch()
    search.begin()
    var options: [Int32] = []
    for (index, written) in conditions[..<count].enumerated() {
      let condition = written.condition
      let leaves = tree.leaves(at: condition.path)
      var finding = ConditionResult(options: Span32(first: Int32(options.count)))
      let met = leaves.filter { condition.isMet(by: $0.value) }
      options += met.map(\.element).filter { $0 >= 0 }
      finding.options.count = Int32(options.count) - finding.options.first
      finding.isFree = met.contains { $0.element < 0 } || condition.allowsAbsence && leaves.isEmpty
      finding.mayBeAbsent = condition.allowsAbsence && !leaves.isEmpty && leaves.allSatisfy { $0.element >= 0 }
      search.add(finding, field: Int32(index))
    }
    options.append(-1)
    return tree.withNotes { notes in
      options.withUnsafeBufferPointer { buffer in buffer.baseAddress.map { search.run($0, notes) } ?? false }
    }
  }

  private func reason(_ condition: FieldCondition) -> String {
    let path = condition.path
    let leaves = tree.leaves(at: path)
    let kind = condition.kind(missingIn: leaves.map(\.value)).map { " (\($0))" } ?? ""
    let wanted = "the rule wants \(condition.words)\(leaves.isEmpty ? "" : kind)"
    if leaves.isEmpty {
      let container = tree.containers[path].map { "\(path) is \($0.kind), \(wanted)" }
      return container ?? "\(path) is absent"
    }
    let values = leaves.prefix(3).map(\.value.words).joined(separator: ", ") + (leaves.count > 3 ? ", …" : "")
    return "\(path) is \(values), \(wanted)"
  }
}
