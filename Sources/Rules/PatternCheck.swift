internal import EventPatterns
internal import JSONSource
internal import Runs

/// Reads a rule's `match`, and warns of what can never match.
struct PatternCheck {
  let phases: Set<Phase>
  let diagnostics: DiagnosticList

  func pattern(_ node: JSONNode) -> EventPattern? {
    do throws(PatternErrors) {
      let pattern = try EventPattern(node)
      for member in node.members ?? [] { warn(of: member) }
      return pattern
    } catch {
      for mistake in error.errors {
        diagnostics.error(at: mistake.range, "\(mistake.path): \(mistake.description)", hint: mistake.hint)
      }
      return nil
    }
  }

  private func warn(of member: JSONMember) {
    if member.key == "phase" {
      warnOfPhase(member.value)
    } else if member.key != "$or", !EventFields.all.contains(member.key) {
      diagnostics.warning(
        at: member.keyRange,
        "no run has \(member.key.debugDescription), so this can only match where it asks for absence",
        hint: hint(for: member.key, among: EventFields.all))
    }
  }

  /// A list of nothing but phases that the rule's `on` leaves out never matches.
  private func warnOfPhase(_ node: JSONNode) {
    guard let wanted = node.elements?.map(\.string), wanted.allSatisfy({ $0 != nil }) else { return }
    if wanted.allSatisfy({ word in !phases.contains { $0.rawValue == word } }) {
      let reached = phases.map(\.rawValue).sorted().joined(separator: ", ")
      diagnostics.warning(
        at: node.range, "this rule can never fire: its \"on\" allows only \(reached)",
        hint: "name these phases in \"on\" instead")
    }
  }
}
