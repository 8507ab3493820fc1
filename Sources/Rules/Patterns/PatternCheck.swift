internal import EventPatterns
internal import JSONSource
internal import Runs

/// The runs that `watch` lets through, as far as it can be told from the file.
struct WatchScope {
  /// Empty: every run.
  let runs: Set<String>

  /// - Parameter runs: of `watch.runs`.
  init(runs: [String]) {
    self.runs = Set(runs)
  }
}

/// Reads a rule's `match`, and warns of what can never match.
struct PatternCheck {
  /// Words that `phase` can be.
  let phases: Set<String>
  let scope: WatchScope
  let diagnostics: DiagnosticList
  /// What is wrong when nothing can match.
  var subject = "this rule can never fire"
  /// What stands where a pattern looks.
  var shape = EventFields.shape

  func pattern(_ node: JSONNode) -> EventPattern? {
    do throws(PatternErrors) {
      let pattern = try EventPattern(node)
      warn(of: node, subject: subject)
      return pattern
    } catch {
      for mistake in error.errors {
        diagnostics.error(at: mistake.range, "\(mistake.path): \(mistake.description)", hint: mistake.hint)
      }
      return nil
    }
  }

  /// The outermost fields of a pattern, and those of each alternative of its `$or`.
  private func warn(of pattern: JSONNode, subject: String) {
    for member in pattern.members ?? [] {
      switch member.key {
      case "$or":
        for alternative in member.value.elements ?? [] {
          warn(of: alternative, subject: "this alternative never holds")
        }
      case "phase": warnOfPhase(member, subject)
      case "runId": warnOfRun(member, subject)
      default: warnOfField(member, in: shape)
      }
    }
  }

  private func warnOfPhase(_ member: JSONMember, _ subject: String) {
    guard !phases.isEmpty, !canHold(member, among: phases) else { return }
    let reached = phases.sorted().joined(separator: ", ")
    diagnostics.warning(
      at: member.value.range, "\(subject): its \"on\" allows only \(reached)",
      hint: "name these phases in \"on\" instead")
  }

  private func warnOfRun(_ member: JSONMember, _ subject: String) {
    guard !scope.runs.isEmpty, !canHold(member, among: scope.runs) else { return }
    diagnostics.warning(
      at: member.value.range, "\(subject): watch.runs lets none of these runs through",
      hint: "add them to watch.runs, or remove them here")
  }

  /// Runs to try one condition on; with more of them it is taken to hold for one.
  private static let maxTried = 100

  /// Whether one of the values meets the condition for this field.
  private func canHold(_ member: JSONMember, among values: Set<String>) -> Bool {
    let words = member.value.elements?.map(\.string) ?? []
    if !words.isEmpty, words.allSatisfy({ $0 != nil }) { return words.contains { values.contains($0 ?? "") } }
    guard values.count <= Self.maxTried, let pattern = try? EventPattern(object(member)) else { return true }
    return values.contains { value in
      let text = JSONNode(.string(value), at: member.value.range)
      return pattern.explain(object(JSONMember(key: member.key, keyRange: member.keyRange, value: text))) == .matches
    }
  }

  private func object(_ member: JSONMember) -> JSONNode {
    JSONNode(.object([member]), at: member.value.range)
  }
}
