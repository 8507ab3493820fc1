internal import Storage

/// Which variables can exist: the members of the event data, and whatever stands inside `attributes` and `run`; in a digest
/// those of each event inside `events`, and outside only what all of them have in common.
struct TemplateScope {
  /// Members of a digest besides those that its events have in common.
  static let ofDigest = ["count", "events", "more"]

  /// Names at the outermost level; nil: whatever they are.
  private let names: [String]?
  private let isDigest: Bool
  /// The steps before an action, by id; nil: whatever they are.
  private let steps: [String: EarlierStep]?
  /// There is an `error`.
  private let hasFailed: Bool

  static let event = chain(after: [:], hasFailed: false)
  /// Of our own messages: also what only some events have.
  static let own = TemplateScope(
    names: EventFields.all + ComputedFields.names + ComputedFields.objects, isDigest: false, steps: nil, hasFailed: true
  )
  static let ownDigest = digest(by: [])
  /// Of a text that was checked before.
  static let anything = TemplateScope(names: nil, isDigest: false, steps: nil, hasFailed: true)

  static func digest(by paths: [[String]]) -> TemplateScope {
    TemplateScope(names: ofDigest + paths.compactMap(\.first), isDigest: true, steps: [:], hasFailed: false)
  }

  static func chain(
    after steps: [String: EarlierStep]?, including parts: Set<IncludeCall.Part> = [], hasFailed: Bool
  ) -> TemplateScope {
    TemplateScope(
      names: EventFields.all + ["runUrl", "comparison", "suppressed"] + (steps?.isEmpty == true ? [] : ["modelPath"])
        + (parts.contains(.metrics) ? ["metrics", "metricsText"] : []) + (parts.contains(.logs) ? ["logs"] : []),
      isDigest: false,
      steps: steps,
      hasFailed: hasFailed)
  }

  /// The library recurses over sections: deeper ones would overflow its stack.
  private static let maxSections = 50
  /// Mistakes told of one template: more would only echo the first ones.
  private static let maxProblems = 20

  func problems(in tags: [TemplateTag]) -> [TemplateProblems.Problem] {
    var open: [TemplateTag] = []
    var problems: [TemplateProblems.Problem] = []
    for tag in tags where problems.count < Self.maxProblems {
      switch tag.kind {
      case .comment: continue
      case .close:
        if open.popLast()?.path != tag.path {
          let message = "{{/\(tag.name)}} closes nothing that is open"
          problems.append(.init(message: message, hint: nil))
        }
      case .variable, .unescaped, .section, .inverted:
        if let problem = problem(of: tag, inside: open) { problems.append(problem) }
        guard tag.kind == .section || tag.kind == .inverted else { continue }
        open.append(tag)
        guard open.count <= Self.maxSections else {
          return problems + [.init(message: "sections are nested deeper than \(Self.maxSections) levels", hint: nil)]
        }
      }
    }
    return problems
  }

  private func problem(of tag: TemplateTag, inside open: [TemplateTag]) -> TemplateProblems.Problem? {
    guard let outermost = names else { return nil }
    if !isDigest, tag.path.first == StepResults.steps { return stepProblem(of: tag) }
    if !isDigest, tag.path == [StepResults.error] {
      if hasFailed { return nil }
      return .init(message: "{{error}} is known after a failure only", hint: "write it in an action of \"onFailure\"")
    }
    let isInEvents = isDigest && open.contains { $0.kind == .section && $0.path.first == "events" }
    let names = isInEvents ? EventFields.all + outermost : outermost
    guard let name = tag.path.first else { return nil }
    let name1 = tag.name
    if EventFields.objects.contains(name), names.contains(name) {
      // Attributes are texts: what was meant is a name with a dot in it.
      guard name == EventFields.attributes, tag.path.count > 2 else { return nil }
      let meant = DataPath.written([name, tag.path.dropFirst().joined(separator: ".")])
      return .init(message: "{{\(name1)}} can't exist: an attribute has no members", hint: "write {{\(meant)}}")
    }
    if isDigest, Self.ofDigest.contains(name) { return nil }
    if isDigest, !isInEvents, EventFields.all.contains(name), !names.contains(name) {
      return .init(
        message: "{{\(name1)}} differs from event to event",
        hint: "write it inside {{#events}}…{{/events}}, or name it in \"by\"")
    }
    if ComputedFields.objects.contains(name), names.contains(name) { return nil }
    if EventFields.values.contains(name) || ComputedFields.names.contains(name) && names.contains(name) {
      guard tag.path.count > 1 else { return nil }
      return .init(message: "{{\(name1)}} can't exist: \(name) has no members", hint: "write {{\(name)}}")
    }
    // Inside a section over something of the run, its members have names of their own.
    if open.contains(where: { $0.kind == .section && EventFields.objects.contains($0.path.first ?? "") }) { return nil }
    return .init(message: "{{\(name1)}} can't exist", hint: hint(for: name, among: names))
  }

  /// `{{steps.ID.path}}` and its like.
  private func stepProblem(of tag: TemplateTag) -> TemplateProblems.Problem? {
    let name = tag.name
    guard tag.path.count == 3 else {
      return .init(
        message: "{{\(name)}} names nothing", hint: "write {{steps.ID.path}}, with the id of an earlier step")
    }
    guard let steps else { return nil }
    guard let step = steps[tag.path[1]] else {
      let known = steps.keys.sorted()
      return .init(
        message:
          "{{\(name)}} can't exist: no step before this one has the id \(tag.path[1].prefix(60).debugDescription)",
        hint: known.isEmpty
          ? "steps are what \"then\" and \"onFailure\" come after; give that action an \"id\""
          : hint(for: tag.path[1], among: known))
    }
    guard step.results.contains(tag.path[2]) else {
      return .init(
        message: "{{\(name)}} can't exist: \(tag.path[1]) is a \(step.verb)",
        hint: "of a \(step.verb) there is \(step.results.joined(separator: ", "))")
    }
    return nil
  }
}

/// A step before an action, as far as templates can ask for what it leaves.
struct EarlierStep: Sendable {
  /// What it does: its word in the rules file.
  let verb: String
  /// `{{steps.ID.NAME}}`.
  let results: [String]
}
