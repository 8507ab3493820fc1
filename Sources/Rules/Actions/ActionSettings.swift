internal import EventPatterns
internal import JSONSource
internal import Runs
internal import Storage

/// An entry of a list of actions.
package struct ActionSettings: Sendable {
  /// What it does, with the settings that only this action has.
  let action: any Action
  /// `id` as written, else the place in the rule's list: `actions[0]`.
  let label: String
  let options: ActionOptions
  /// What begins when it was delivered, and when it has failed for good.
  let then: [ActionSettings]
  let onFailure: [ActionSettings]
  /// The same as it was written, to be kept beside its delivery; nil: nothing comes after it.
  let continuation: FollowUpActions?
  /// Of an action whose message is made later, of a digest or of what is included: all of it as it was written.
  let plan: ActionPlan?

  var type: ActionType { ActionType(Swift.type(of: action)) }

  /// Its `when` matches.
  func holds(for data: TemplateData) -> Bool {
    options.when.map { $0.explain(data.document.root) == .matches } ?? true
  }

  /// Why it is left out for this event, as a clause; nil: it isn't, or what it includes decides.
  func refusal(of data: JSONNode) -> String? {
    guard options.include.isEmpty, case .fails(_, let reason)? = options.when?.explain(data) else { return nil }
    return "\(label) is left out: \(reason)"
  }

  /// Where its delivery waits for its turn.
  func target(rule: String) -> Target {
    if let name = action.destination { return .destination(name) }
    return .lane(type.lane(rule: rule, label: label, isAlone: action.concurrency != nil))
  }

  /// Those that it and all that comes after it send to.
  func collectDestinations(into names: inout Set<String>) {
    if let name = action.destination { names.insert(name) }
    for action in then + onFailure { action.collectDestinations(into: &names) }
  }

  /// Its own, that of the step before it, and those of all that comes after it.
  func collectLabels(into labels: inout Set<String>) {
    labels.formUnion([label, "\(label).include"])
    for action in then + onFailure { action.collectLabels(into: &labels) }
  }
}

extension ActionType {
  /// Of what is done on this machine: an action with a `concurrency` of its own has a lane of its own. Only steps that nobody
  /// can read any more have neither lane nor destination.
  func lane(rule: String, label: String, isAlone: Bool) -> Lane {
    Lane(implementation.lane ?? .lost, owner: isAlone ? "\(rule)/\(label)" : nil)
  }
}

/// What every action has.
package struct ActionOptions: Sendable {
  /// Of one attempt; nil: the destination's, for a hook 1 h.
  package var timeout: Duration?
  /// How long failed attempts are repeated; nil: the destination's, for a hook only exit status 75 is repeated.
  package var retryFor: Duration?
  /// A hook that must not run twice, even after a kill.
  package var isOnce = false
  /// What is fetched before it is planned.
  var include: Set<IncludeCall.Part> = []
  /// It is left out for events that this doesn't match; nil: for none.
  var when: EventPattern?
}

/// What every action has, as it is read.
struct ActionDraft: Sendable {
  var id: String?
  var include: [IncludeCall.Part] = []
  var options = ActionOptions()
}

extension Shape where Target == ActionDraft {
  /// - Parameter maxTimeout: of one attempt.
  static func action(_ maxTimeout: Duration) -> Shape {
    Shape(
      says: "",
      fields: [
        Field(
          "id", identifier, to: \.id, example: #""model""#, "Its name in logs and, in later steps, in `{{steps.ID.…}}`."
        ),
        Field(
          "timeout", .duration(.milliseconds(100)...maxTimeout), to: \.options.timeout, example: #""10m""#,
          "Time for one attempt, 100ms to \(maxTimeout.words). Without it the destination's; a hook has 1h."),
        Field(
          "retryFor", .duration(.zero...(.seconds(30 * 86_400))), to: \.options.retryFor, example: #""24h""#,
          "How long a failed attempt is repeated, up to 30d. Without it the destination's; a hook only when it exits with 75."
        ),
        Field(
          "include", .list(of: ["enum": .list(parts.map { .text($0) })], read: part), to: \.include,
          example: #"["metrics", "logs"]"#,
          """
          What is fetched for its message before it is made: `metrics` of the newest model, as `{{metrics.NAME}}` and \
          `{{metricsText}}`, and the last 20 lines of the run's `logs`, as `{{logs}}`. What can't be had within two minutes is \
          left out.
          """),
        Field(
          "when", ["$ref": .text("#/$defs/pattern")], example: #"{"metrics": {"accuracy": [{"numeric": ["<", 0.8]}]}}"#,
          """
          An event pattern over the event data, `metrics` and `logs` if they are included, and `steps`. The action and all that \
          comes after it are left out where it doesn't match.
          """),
        Field(
          ActionBranch.then.rawValue, ["$ref": .text("#/$defs/actions")], example: #"[{"run": ["./deploy.sh"]}]"#,
          "Actions that begin when this one was delivered."),
        Field(
          ActionBranch.onFailure.rawValue, ["$ref": .text("#/$defs/actions")], example: #"[{"send": "team-chat"}]"#,
          "Actions that begin when this one has failed for good."),
      ])
  }

  private static var parts: [String] { IncludeCall.Part.allCases.map(\.rawValue) }

  private static func part(_ node: JSONNode, _ object: ObjectReader, _ context: FieldContext) -> IncludeCall.Part? {
    guard let text = object.text(node, path: "an entry of \(object.pathOf("include"))") else { return nil }
    if let part = IncludeCall.Part(rawValue: text) { return part }
    context.diagnostics.error(
      at: node.range, "nothing that is called \(text.prefix(40).debugDescription) can be included",
      hint: hint(for: text, among: parts))
    return nil
  }

  private static let identifier = FieldType<String>.own(["$ref": .text("#/$defs/name")]) { node, path, context in
    guard let id = context.text(node, path: path) else { return nil }
    if !Run.isValid(id: id) { context.diagnostics.error(at: node.range, "\(path) holds letters, digits, _ and - only") }
    return id
  }
}
