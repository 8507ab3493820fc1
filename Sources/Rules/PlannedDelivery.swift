internal import Runs

/// One action of a rule that fired, rendered: what is stored, and later sent as it is.
package struct PlannedDelivery: Sendable {
  package enum Content: Sendable, Equatable {
    /// The event itself.
    case event
    /// Rendered JSON.
    case body([UInt8])
    case run([String])
    case shell(String)
    /// To be collected with others that have this key, for so long.
    case digest(key: String, window: Duration)
  }

  /// `msg_…`, made of event, rule and action: the same on every retry, replay and machine.
  package let id: String
  package let rule: String
  /// The action's `id`, or its place in the rule: `actions[0]`.
  package let action: String
  /// The destination's name; `hook` for `run` and `shell`.
  package let destination: String
  package let content: Content
  package let options: ActionOptions

  init(id: String, rule: String, action: String, destination: String, content: Content, options: ActionOptions) {
    self.id = id
    self.rule = rule
    self.action = action
    self.destination = destination
    self.content = content
    self.options = options
  }

  init(_ action: Action, of rule: Rule, for event: RunEvent, _ data: TemplateData) {
    id = "msg_" + RunEvent.digest([event.id, rule.name, action.label])
    self.rule = rule.name
    self.action = action.label
    options = action.options
    switch action.kind {
    case .send(let name, let body):
      destination = name
      if let digest = action.options.digest {
        content = .digest(key: digest.key(of: data), window: digest.window)
        return
      }
      content =
        switch body {
        case .event: .event
        case .json(let template): .body(template.render(data))
        case .standard(let templates): templates[event.occasion.trigger].map { .body($0.render(data)) } ?? .event
        }
    case .run(let words):
      destination = Self.hook
      content = .run(words.map { $0.render(data) })
    case .shell(let script):
      destination = Self.hook
      content = .shell(script)
    }
  }

  package static let hook = "hook"
}
