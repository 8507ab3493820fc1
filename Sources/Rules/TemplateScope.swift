/// Which variables can exist: the members of the event data, and whatever stands inside `attributes` and `run`; in a digest
/// those of each event inside `events`, and outside only what all of them have in common.
struct TemplateScope {
  /// Members of a digest besides those that its events have in common.
  static let ofDigest = ["count", "events", "more"]

  /// Names at the outermost level.
  private let names: [String]
  private let isDigest: Bool

  static let event = TemplateScope(names: EventFields.all, isDigest: false)

  static func digest(by paths: [[String]]) -> TemplateScope {
    TemplateScope(names: ofDigest + paths.compactMap(\.first), isDigest: true)
  }

  /// The library recurses over sections: deeper ones would overflow its stack.
  private static let mostSections = 50
  /// Mistakes told of one template: more would only echo the first ones.
  private static let mostProblems = 20

  func problems(in tags: [TemplateTag]) -> [TemplateProblems.Problem] {
    var open: [TemplateTag] = []
    var problems: [TemplateProblems.Problem] = []
    for tag in tags where problems.count < Self.mostProblems {
      switch tag.kind {
      case .comment: continue
      case .close:
        if open.popLast()?.path != tag.path {
          let message = "{{/\(tag.path.joined(separator: "."))}} closes nothing that is open"
          problems.append(.init(message: message, hint: nil))
        }
      case .variable, .section, .inverted:
        if let problem = problem(of: tag, inside: open) { problems.append(problem) }
        guard tag.kind != .variable else { continue }
        open.append(tag)
        guard open.count <= Self.mostSections else {
          return problems + [.init(message: "sections are nested deeper than \(Self.mostSections) levels", hint: nil)]
        }
      }
    }
    return problems
  }

  private func problem(of tag: TemplateTag, inside open: [TemplateTag]) -> TemplateProblems.Problem? {
    let isInEvents = isDigest && open.contains { $0.kind == .section && $0.path.first == "events" }
    let names = isInEvents ? EventFields.all + self.names : self.names
    guard let name = tag.path.first, !(EventFields.objects.contains(name) && names.contains(name)) else { return nil }
    let name1 = tag.path.joined(separator: ".")
    if isDigest, Self.ofDigest.contains(name) { return nil }
    if isDigest, !isInEvents, EventFields.all.contains(name), !names.contains(name) {
      return .init(
        message: "{{\(name1)}} differs from event to event",
        hint: "write it inside {{#events}}…{{/events}}, or name it in \"by\"")
    }
    if EventFields.values.contains(name) {
      guard tag.path.count > 1 else { return nil }
      return .init(message: "{{\(name1)}} can't exist: \(name) has no members", hint: "write {{\(name)}}")
    }
    // Inside a section over something of the run, its members have names of their own.
    if open.contains(where: { $0.kind == .section && EventFields.objects.contains($0.path.first ?? "") }) { return nil }
    return .init(message: "{{\(name1)}} can't exist", hint: hint(for: name, among: names))
  }
}
