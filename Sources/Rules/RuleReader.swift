internal import JSONSource
internal import Runs
internal import Secrets

/// Reads one entry of `rules`.
struct RuleReader {
  let file: RuleFileReader
  let destinations: [String: DestinationSettings]
  /// Also those that could not be read: they have been reported, and naming one is no second mistake.
  let writtenDestinations: Set<String>
  /// Sorted, for hints.
  let destinationNames: [String]
  let scope: WatchScope
  let path: String

  var diagnostics: DiagnosticList { file.diagnostics }

  func rule(_ node: JSONNode) -> Rule? {
    let known = ["name", "on", "match", "actions"]
    guard let reader = ObjectReader(node, path: path, known: known, diagnostics) else { return nil }
    let name = self.name(reader)
    let phases = self.phases(reader)
    let pattern = reader["match"].flatMap {
      PatternCheck(phases: phases, scope: scope, diagnostics: diagnostics).pattern($0)
    }
    let nodes = reader.elements("actions")
    let actions = nodes.enumerated().compactMap { index, node in
      ActionReader(rule: self, path: "\(path).actions[\(index)]", defaultLabel: "actions[\(index)]").action(node)
    }
    reportRepeatedIDs(nodes)
    let offset = reader["match"]?.range.lowerBound ?? node.range.lowerBound
    return name.map {
      Rule(name: $0, phases: phases, pattern: pattern, patternOffset: offset, actions: actions)
    }
  }

  private func name(_ reader: ObjectReader) -> String? {
    guard let node = reader.required("name"), let name = reader.text(node, path: reader.pathOf("name")) else {
      return nil
    }
    let isPlain =
      name.unicodeScalars.count <= 100 && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    if !isPlain { diagnostics.error(at: node.range, "the name of a rule is one line of at most 100 characters") }
    return name
  }

  private static let groups: [String: Set<Phase>] = [
    "terminal": Set(Phase.allCases.filter(\.isTerminal)), "any": Set(Phase.allCases),
  ]

  private func phases(_ reader: ObjectReader) -> Set<Phase> {
    guard reader["on"] != nil else { return Self.groups["terminal"] ?? [] }
    return reader.list("on").reduce(into: []) { phases, node in
      guard let word = reader.text(node, path: reader.pathOf("on")) else { return }
      if let phase = Phase(rawValue: word) {
        phases.insert(phase)
      } else if let group = Self.groups[word] {
        phases.formUnion(group)
      } else {
        let known = Phase.allCases.map(\.rawValue) + ["terminal", "any"]
        diagnostics.error(
          at: node.range, "unknown phase \(word.prefix(40).debugDescription)", hint: hint(for: word, among: known))
      }
    }
  }

  private func reportRepeatedIDs(_ actions: [JSONNode]) {
    var seen: Set<String> = []
    for action in actions {
      guard let node = action["id"], let id = node.string, !seen.insert(id).inserted else { continue }
      diagnostics.error(
        at: node.range, "two actions of \(path) have the id \(id.prefix(60).debugDescription)",
        hint: "an id names one action")
    }
  }
}
