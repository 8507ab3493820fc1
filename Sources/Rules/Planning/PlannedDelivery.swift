internal import JSONSource
internal import Runs
package import Storage

/// One action of a rule that fired, rendered: what is stored, and later sent as it is.
package struct PlannedDelivery: Sendable {
  package enum Content: Sendable, Equatable {
    /// The event itself.
    case event
    /// Rendered JSON.
    case body([UInt8])
    case run([String])
    case shell(String)
    case download(directory: String, checkpoint: String?)
    /// To be collected with others that have this key, for so long.
    case digest(key: String, window: Duration)

    var verb: Action.Verb {
      switch self {
      case .event, .body, .digest: .send
      case .run: .run
      case .shell: .shell
      case .download: .download
      }
    }
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
  /// What earlier steps have left, for a hook's environment; values as they are, references in them mean nothing.
  package var variables: [(name: String, value: String)] = []
  /// What the event was; nil for a digest, and for what a later version has written.
  package var trigger: Trigger?
  /// Nil when it is the first.
  package var link: Link?
  /// What is to be done when it has settled, for ``NextSteps``; nil: nothing.
  package var continuation: [UInt8]?
  /// For what a rendered message was made; nil for everything else.
  package var form: MessageForm?
  /// Of what is to be collected: how its message is made.
  package var digestPlan: DigestPlan?

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
  }

  init(_ action: Action, _ context: RenderContext) {
    let (destination, content) = Self.rendered(action, context)
    self.init(
      id: context.id(of: action.label), rule: context.rule, action: action.label, destination: destination,
      content: content, options: action.options)
    variables = context.results.variables
    trigger = context.trigger
    link = context.link
    continuation = action.continuation?.stored(context.results)
    digestPlan = action.digestPlan
    if case .body = content { form = action.form }
  }

  private static func rendered(_ action: Action, _ context: RenderContext) -> (destination: Target, Content) {
    let (data, isAlone) = (context.data, action.options.concurrency != nil)
    func lane(_ verb: Action.Verb) -> Target {
      .lane(Lane(verb, rule: context.rule, label: action.label, isAlone: isAlone))
    }
    switch action.kind {
    case .send(let name, _, let body):
      if let digest = action.options.digest {
        return (.destination(name), .digest(key: digest.key(of: data), window: digest.window))
      }
      switch body {
      case .event: return (.destination(name), .event)
      case .json(let template): return (.destination(name), .body(template.render(data)))
      case .standard(let templates):
        return (.destination(name), context.trigger.flatMap { templates[$0] }.map { .body($0.render(data)) } ?? .event)
      }
    case .run(let words): return (lane(.run), .run(words.map { $0.render(data) }))
    case .shell(let script): return (lane(.shell), .shell(script))
    case .download(let directory, let checkpoint):
      return (lane(.download), .download(directory: directory, checkpoint: checkpoint))
    }
  }
}

extension Lane {
  /// Of what is done on this machine: an action with a `concurrency` of its own has a lane of its own.
  init(_ verb: Action.Verb, rule: String, label: String, isAlone: Bool) {
    self.init(verb.isHook ? .hook : .download, owner: isAlone ? "\(rule)/\(label)" : nil)
  }
}

extension PlannedDelivery {
  /// A step that an earlier version understood and this one doesn't.
  static func unreadable(_ label: String, _ context: RenderContext) -> PlannedDelivery {
    var planned = PlannedDelivery(
      id: context.id(of: label), rule: context.rule, action: label, destination: .lane(Lane(.lost)), content: .event,
      options: ActionOptions())
    planned.link = context.link
    return planned
  }
}
