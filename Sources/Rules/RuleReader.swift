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
    let known = ["name", "on", "for", "match", "actions"]
    guard let reader = ObjectReader(node, path: path, known: known, diagnostics) else { return nil }
    let name = self.name(reader)
    let triggers = self.triggers(reader)
    let holdsFor = self.holdsFor(reader, triggers)
    let pattern = reader["match"].flatMap {
      PatternCheck(phases: Set(triggers.map(\.word)), scope: scope, diagnostics: diagnostics).pattern($0)
    }
    let nodes = reader.elements("actions")
    let actions = nodes.enumerated().compactMap { index, node in
      ActionReader(
        rule: self, path: "\(path).actions[\(index)]", defaultLabel: "actions[\(index)]", place: .first
      ).action(node)
    }
    reportRepeatedIDs(nodes)
    reportDownloads(nodes, triggers)
    let offset = reader["match"]?.range.lowerBound ?? node.range.lowerBound
    return name.map {
      Rule(
        name: $0, triggers: triggers, holdsFor: holdsFor, pattern: pattern, patternOffset: offset, actions: actions)
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

  private func triggers(_ reader: ObjectReader) -> Set<Trigger> {
    guard reader["on"] != nil else { return Trigger.groups["terminal"] ?? [] }
    return reader.triggers("on")
  }

  private func holdsFor(_ reader: ObjectReader, _ triggers: Set<Trigger>) -> Duration? {
    guard let node = reader["for"] else { return nil }
    let duration = reader.duration("for", in: .seconds(1)...(.seconds(365 * 86_400)))
    if let wrong = Trigger.allCases.first(where: { triggers.contains($0) && !$0.canLast }) {
      diagnostics.error(
        at: node.range, "\(reader.pathOf("for")) is for phases in which a run can stay, and \(wrong.word) is none",
        hint: "write \"on\": \"running\", \"on\": \"pending\", or both")
    }
    return duration
  }

  private func reportDownloads(_ actions: [JSONNode], _ triggers: Set<Trigger>) {
    guard let wrong = Trigger.allCases.first(where: { triggers.contains($0) && !$0.isOfRun }) else { return }
    for action in actions {
      if let node = action[Action.Verb.download.rawValue] {
        diagnostics.error(
          at: node.range, "there is no model to download on \(wrong.word), which is about no run",
          hint: "write a rule of its own for \(wrong.word)")
      }
      for branch in ActionBranch.allCases { reportDownloads(action[branch.rawValue]?.elements ?? [], triggers) }
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
