internal import JSONSource
internal import Runs
package import Storage

/// One action of a rule that fired, rendered: what is stored, and later sent as it is.
package struct PlannedDelivery: Sendable {
  package enum Content: Sendable, Equatable {
    /// What is stored and carried out.
    case delivery(DeliveryContent)
    /// To be collected with others that have this key, until then.
    case digest(key: String, end: DigestEnd)
  }

  /// The step before it.
  package struct Link: Sendable, Equatable {
    package let parent: String
    package let branch: ActionBranch
  }

  /// `msg_…`, made of event, rule and action: the same on every retry, replay and machine.
  package let id: String
  package let rule: String
  /// The action's `id`, or its place in the rule: `actions[0]`, `actions[0].then[1]`.
  package let action: String
  package let destination: Target
  package let content: Content
  package let options: ActionOptions
  /// What it does; nil for a step that this version can't read.
  package var type: ActionType?
  /// What the event was; nil for a digest, and for what a later version has written.
  package var trigger: Trigger?
  /// Nil when it is the first.
  package var link: Link?
  /// What is to be done when it has settled, for ``NextSteps``; nil: nothing.
  package var continuation: [UInt8]?
  /// For what a rendered message was made; nil for everything else.
  package var form: MessageForm?
  package var sequel = Sequel.none
  /// Of what is to be collected: how its message is made.
  package var plan: ActionPlan?
  /// The destination that it is for in the end; nil: none.
  package var sendsTo: String?

  init(id: String, rule: String, action: String, destination: Target, content: Content, options: ActionOptions) {
    self.id = id
    self.rule = rule
    self.action = action
    self.destination = destination
    self.content = content
    self.options = options
  }

  /// What an action is rendered from.
  struct RenderContext {
    let rule: String
    let eventID: String
    /// Nil for what a later version has written.
    let trigger: Trigger?
    let data: TemplateData
    var results = StepResults.none
    var link: Link?

    func id(of label: String) -> String { "msg_" + RunEvent.digest([eventID, rule, label]) }

    /// There is nothing to fetch of what is no run, or is no longer there.
    func mustFetch(for action: ActionSettings) -> Bool {
      guard !action.options.include.isEmpty, !results.hasIncluded, let trigger else { return false }
      return trigger.isOfRun && trigger != .disappeared
    }
  }

  /// What an action that is to be taken begins with: what must be fetched for it, or else the action itself. Nil: its `when`
  /// doesn't hold.
  static func first(_ action: ActionSettings, _ context: RenderContext) -> PlannedDelivery? {
    if context.mustFetch(for: action) { return PlannedDelivery(including: action, context) }
    guard action.holds(for: context.data) else { return nil }
    return PlannedDelivery(action, context)
  }

  /// A step before the action, which is kept in it as it was written. The action keeps its label, and so its id.
  private init(including action: ActionSettings, _ context: RenderContext) {
    let label = "\(action.label).include"
    self.init(
      id: context.id(of: label), rule: context.rule, action: label, destination: .lane(.include),
      content: .delivery(.include(IncludeCall(action.options.include))), options: ActionOptions())
    trigger = context.trigger
    link = context.link
    sendsTo = action.action.destination
    continuation = action.plan.map { FollowUpActions.held($0, label: action.label, context.results) }
  }

  private init(_ action: ActionSettings, _ context: RenderContext) {
    self.init(
      id: context.id(of: action.label), rule: context.rule, action: action.label,
      destination: action.target(rule: context.rule), content: action.action.content(context), options: action.options)
    type = action.type
    sendsTo = action.action.destination
    trigger = context.trigger
    link = context.link
    continuation = action.continuation?.stored(context.results)
    plan = action.plan
    sequel = action.action.sequel(context)
    if case .delivery(.body) = content { form = action.action.form }
  }
}

extension PlannedDelivery {
  /// A step that an earlier version understood and this one doesn't.
  static func unreadable(_ label: String, _ context: RenderContext) -> PlannedDelivery {
    var planned = PlannedDelivery(
      id: context.id(of: label), rule: context.rule, action: label, destination: .lane(Lane(.lost)),
      content: .delivery(.event),
      options: ActionOptions())
    planned.link = context.link
    return planned
  }
}
