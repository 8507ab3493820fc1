internal import JSONSource
internal import Runs
internal import Secrets
internal import TimeZones

/// A delivery that has settled, with what was kept for that moment.
package struct SettledStep: Sendable {
  package let id: String
  package let rule: String
  /// The action's `id`, or its place.
  package let label: String
  package let eventID: String
  /// The whole event, JSON.
  package let event: [UInt8]
  /// As ``PlannedDelivery/continuation`` has it.
  package let continuation: [UInt8]

  package init(id: String, rule: String, label: String, eventID: String, event: [UInt8], continuation: [UInt8]) {
    self.id = id
    self.rule = rule
    self.label = label
    self.eventID = eventID
    self.event = event
    self.continuation = continuation
  }
}

/// Makes the deliveries of the steps that begin when another has settled.
///
/// They come from what was kept beside that delivery: who changes the rules file while a chain is under way changes the next
/// chain. What a destination looks like is looked up now.
package struct NextSteps: Sendable {
  private let destinations: [String: DestinationSettings]

  private let link: RunLink

  package init(_ destinations: [DestinationSettings], link: RunLink = .standard) {
    self.link = link
    self.destinations = Dictionary(destinations.map { ($0.name, $0) }) { first, _ in first }
  }

  /// - Parameter error: why it has failed for good; nil: it was delivered.
  package func after(_ step: SettledStep, _ result: StepResult, error: String?) -> [PlannedDelivery] {
    guard let stored = try? JSONDocument(parsing: step.continuation) else { return [] }
    if stored.root[FollowUpActions.held] != nil {
      return held(stored, after: step, StepResults(stored).including(result.included)).map { [$0] } ?? []
    }
    let results = StepResults(stored).adding(step.label, result, error: error)
    return plan(error == nil ? .then : .onFailure, of: stored, after: step, results)
  }

  /// The steps of both branches as they would be, with the results that nobody knows yet as their tags.
  ///
  /// - Parameter type: what the step does, and so what it will leave.
  package func preview(after step: SettledStep, _ type: ActionType?) -> [PlannedDelivery] {
    guard let stored = try? JSONDocument(parsing: step.continuation) else { return [] }
    if stored.root[FollowUpActions.held] != nil {
      return held(stored, after: step, StepResults(stored).including(StepResults.supposedInclusion)).map { [$0] } ?? []
    }
    return ActionBranch.allCases.flatMap { branch in
      let results = StepResults(stored).supposing(
        step.label, type?.results ?? [], hasFailed: branch == .onFailure)
      return plan(branch, of: stored, after: step, results)
    }
  }

  /// The action for which something was fetched; nil: its `when` doesn't hold.
  private func held(_ stored: JSONDocument, after step: SettledStep, _ results: StepResults) -> PlannedDelivery? {
    guard let event = try? JSONDocument(parsing: step.event), let held = stored.root[FollowUpActions.held],
      let label = stored.root[FollowUpActions.heldLabel]?.string
    else { return nil }
    let context = context(event, after: step, results, .then)
    guard let action = ActionPlan(stored: Array(stored.raw(held))).action(label, destinations) else {
      return .unreadable(label, context)
    }
    return .first(action, context)
  }

  private func context(
    _ event: JSONDocument, after step: SettledStep, _ results: StepResults, _ branch: ActionBranch
  ) -> PlannedDelivery.RenderContext {
    PlannedDelivery.RenderContext(
      rule: step.rule, eventID: step.eventID,
      trigger: event.root["data"]?["phase"]?.string.flatMap(Trigger.init(word:)), data: data(of: event, results),
      results: results, link: .init(parent: step.id, branch: branch))
  }

  private func plan(
    _ branch: ActionBranch, of stored: JSONDocument, after step: SettledStep, _ results: StepResults
  ) -> [PlannedDelivery] {
    guard let nodes = stored.root[branch.rawValue]?.elements, let event = try? JSONDocument(parsing: step.event) else {
      return []
    }
    let context = context(event, after: step, results, branch)
    let kinds = DestinationKinds(stored: stored.root)
    return nodes.enumerated().flatMap { index, node -> [PlannedDelivery] in
      let label = branch.label(index, after: step.label)
      let actions = ActionReader.stored(label, destinations, kinds.byName).actions(node)
      return actions.isEmpty ? [.unreadable(label, context)] : actions.compactMap { .first($0, context) }
    }
  }

  /// The event data, and what the steps have left.
  private func data(of event: JSONDocument, _ results: StepResults) -> TemplateData {
    let bytes = JSONWriter.object { json in
      for member in event.root["data"]?.members ?? [] { json.member(member.key, raw: event.raw(member.value)) }
      results.write(into: &json)
      results.writeIncluded(into: &json)
    }
    return TemplateData(
      (try? JSONDocument(parsing: bytes))
        ?? JSONDocument(bytes: Array("{}".utf8), root: JSONNode(.object([]), at: 0..<2)), link: link
    ).with(suppressed: results.suppressed)
  }
}

extension ActionReader {
  /// For actions that were checked when they were written down.
  ///
  /// - Parameter kinds: which types the destinations had then.
  static func stored(
    _ label: String, _ destinations: [String: DestinationSettings], _ kinds: [String: DestinationSettings.Kind]
  ) -> ActionReader {
    let fields = FieldContext(
      diagnostics: DiagnosticList(end: nil), secrets: SecretSource(environment: [:]), zones: ZoneFinder(.none),
      looksUp: false)
    let rule = RuleContext(
      fields: fields, destinations: destinations, writtenDestinations: [], destinationNames: [], path: "")
    return ActionReader(rule: rule, path: label, defaultLabel: label, place: .stored(kinds))
  }
}
