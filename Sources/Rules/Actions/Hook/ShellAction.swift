internal import JSONSource
internal import Storage

/// `shell`: a fixed string for `/bin/sh -c`. What a run says reaches it as variables only.
struct ShellAction: Action {
  static let verb = "shell"
  static let says = "Runs a fixed script by /bin/sh -c. What a run says is in its variables."
  static let results = HookSettings.results
  static let lane: Lane.Kind? = .hook
  static let beside = HookSettings.beside

  static let fields: [Field<ShellAction>] =
    [
      Field(
        "shell", script, to: \.script, isRequired: true, example: #""mail -s \"$VI_FLOW failed\" me@example.com""#,
        "The script; without templates, since a shell would execute what a run says.")
    ] + Shape.hook.fields.map { $0.inside(\.hook) }

  var script = ""
  var hook = HookSettings()

  var concurrency: Int? { hook.concurrency }
  var isOnce: Bool { hook.isOnce }

  mutating func finish(_ object: ObjectReader, _ reader: ActionReader, _ options: ActionOptions) -> Bool {
    hook.check(object, options)
    return true
  }

  func content(_ context: PlannedDelivery.RenderContext) -> PlannedDelivery.Content {
    hook.call(.shell(script), context)
  }

  private static let script = FieldType<String>.own([
    "type": .text("string"), "minLength": .number(1), "not": .object(["pattern": .text("\\{\\{")]),
  ]) { node, path, context in
    guard let script = context.text(node, path: path) else { return nil }
    context.checkArgumentLength(script, at: node)
    if script.contains("{{") {
      context.diagnostics.error(
        at: node.range, "templates in \"shell\" are refused: what a run says would be run by the shell",
        hint: "use \"$VI_FLOW\" and its like, or \"run\" with a list of arguments")
    }
    return script
  }
}
