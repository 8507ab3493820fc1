internal import EventPatterns
internal import JSONSource
internal import Runs
internal import Secrets
internal import Storage

/// Reads one entry of a list of actions, with all that comes after it.
struct ActionReader {
  let rule: RuleContext
  let path: String
  /// When it has no `id`.
  let defaultLabel: String
  let place: ChainPlace

  var diagnostics: DiagnosticList { rule.diagnostics }

  /// Nil, and reported, when it is no action.
  func action(_ node: JSONNode) -> ActionSettings? {
    guard let members = node.members else {
      diagnostics.error(at: node.range, "\(path) must be an object, and is \(node.kind)")
      return nil
    }
    guard let type = type(members, node) else { return nil }
    let shared = Shape.action(type.implementation.maxTimeout)
    let known = type.implementation.keys + shared.keys
    guard let reader = ObjectReader(node, path: path, known: known, diagnostics) else { return nil }
    var draft = ActionDraft()
    shared.read(reader, rule.fields, into: &draft)
    draft.options.include = Set(draft.include)
    let reading = including(draft.options.include)
    draft.options.when = reader["when"].flatMap(reading.condition)
    let action = type.implementation.read(reader, reading, draft.options)
    let label = draft.id ?? defaultLabel
    let (then, onFailure) = (
      reading.steps(.then, reader, after: label, type), reading.steps(.onFailure, reader, after: label, type)
    )
    guard let action else { return nil }
    draft.options.isOnce = action.isOnce
    if action.digest != nil { reportWithDigest(reader) }
    let isPlannedLater = action.digest != nil || !draft.options.include.isEmpty
    return ActionSettings(
      action: action, label: label, options: draft.options, then: then, onFailure: onFailure,
      continuation: FollowUpActions(reader, kind: kind(ofDestination:)),
      plan: isPlannedLater ? ActionPlan(node, kind: kind(ofDestination:)) : nil)
  }

  private func including(_ parts: Set<IncludeCall.Part>) -> ActionReader {
    ActionReader(rule: rule, path: path, defaultLabel: defaultLabel, place: place.including(parts))
  }

  private func condition(_ node: JSONNode) -> EventPattern? {
    let check = PatternCheck(
      phases: [], scope: WatchScope(runs: []), diagnostics: diagnostics, subject: "this action is never taken",
      shape: EventFields.shape(with: place.included))
    return check.pattern(node)
  }

  /// What is of one run has no place in a message about several.
  private func reportWithDigest(_ reader: ObjectReader) {
    guard let node = reader["include"] else { return }
    diagnostics.error(
      at: node.range, "\(path) is a digest, and nothing can be included",
      hint: "a digest tells of many runs; include something in an action without one")
  }

  /// What its fields may need: templates know what the steps before it leave.
  var context: FieldContext {
    var context = rule.fields
    context.scope = place.scope
    return context
  }

  /// When the action was written down, or else now.
  private func kind(ofDestination name: String) -> DestinationSettings.Kind? {
    place.kinds[name] ?? rule.destinations[name]?.kind
  }

  private func type(_ members: [JSONMember], _ node: JSONNode) -> ActionType? {
    let types = members.compactMap { ActionType(verb: $0.key) }
    if let type = types.first, types.count == 1 { return type }
    let all = ActionType.verbs
    let unknown = members.first { !all.contains($0.key) }
    let near = types.isEmpty ? unknown.flatMap { suggestion(for: $0.key, among: all) } : nil
    diagnostics.error(
      at: unknown.map { near == nil ? node.range : $0.keyRange } ?? node.range, "\(path) must do exactly one thing",
      hint: near.map { "did you mean \"\($0)\"?" } ?? "give it one of: \(all.joined(separator: ", "))")
    return nil
  }
}

extension Action {
  fileprivate static var keys: [String] { fields.map(\.key) }

  /// Nil, and reported, when a required field is missing or can't be read.
  fileprivate static func read(_ object: ObjectReader, _ reader: ActionReader, _ options: ActionOptions) -> Self? {
    var action = Self()
    let isWhole = Shape(says: says, fields: fields).read(object, reader.context, into: &action)
    return action.finish(object, reader, options) && isWhole ? action : nil
  }
}

extension FieldContext {
  /// Compiles a template. Returns nil, and reports why, when it can't be compiled or refers to a secret.
  func template(_ text: String, at node: JSONNode, markup: Markup, scope: TemplateScope) -> TextTemplate? {
    // Any other `${` is a shell's, or somebody's own.
    if ["${env:", "${file:", "${credential:"].contains(where: text.contains) {
      diagnostics.error(
        at: node.range, "references such as ${env:…} are not looked up here, so that no secret goes out in a message",
        hint: "secrets belong in the url or the headers of a destination, or in the env of a hook")
      return nil
    }
    do {
      return try TextTemplate(text, markup: markup, scope: scope)
    } catch {
      for problem in error.problems { diagnostics.error(at: node.range, problem.message, hint: problem.hint) }
      return nil
    }
  }
}
