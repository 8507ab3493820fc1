internal import JSONSource
internal import Storage

/// `run`: a program with its arguments, each of which stays one argument whatever a run says.
struct RunAction: Action {
  static let verb = "run"
  static let says = "Runs a program. Its arguments are templates; each stays one argument, and no shell sees it."
  static let results = HookSettings.results
  static let lane: Lane.Kind? = .hook
  static let beside = HookSettings.beside

  static let fields: [Field<RunAction>] =
    [
      Field(
        "run", arguments, to: \.words, isRequired: true, example: #"["./deploy.sh", "{{runId}}"]"#,
        "The program and its arguments.")
    ] + Shape.hook.fields.map { $0.inside(\.hook) }

  var words: [TextTemplate] = []
  var hook = HookSettings()

  var concurrency: Int? { hook.concurrency }
  var isOnce: Bool { hook.isOnce }

  mutating func finish(_ object: ObjectReader, _ reader: ActionReader, _ options: ActionOptions) -> Bool {
    hook.check(object, options)
    Self.warnOfProgram(object[Self.verb]?.elements?.first, object, reader.context)
    return !words.isEmpty
  }

  func content(_ context: PlannedDelivery.RenderContext) -> PlannedDelivery.Content {
    hook.call(.run(words.map { $0.render(context.data) }), context)
  }

  private static let arguments = FieldType<[TextTemplate]>(
    schema: [
      "type": .text("array"), "minItems": .number(1),
      "prefixItems": .list([.object(["$ref": .text("#/$defs/goesOut"), "minLength": .number(1)])]),
      "items": .object(["$ref": .text("#/$defs/goesOut")]),
    ]
  ) { object, key, context in
    object.elements(key).enumerated().compactMap { index, node in
      // Only the program must have a name: an argument may be empty, as in `sed -i ''`.
      if index > 0, node.string == "" { return try? TextTemplate("", markup: .plain) }
      return object.text(node, path: "an element of \(object.pathOf(key))").flatMap { text in
        context.checkArgumentLength(text, at: node)
        return context.template(text, at: node, markup: .plain, scope: context.scope)
      }
    }
  }

  /// The file may be right on the machine where it will be used, so that nothing of this is an error.
  private static func warnOfProgram(_ node: JSONNode?, _ object: ObjectReader, _ context: FieldContext) {
    guard let node, let program = node.string, !program.isEmpty, !program.contains("{{") else { return }
    // A hook with its own PATH finds it elsewhere, and a missing directory has a warning of its own.
    guard program.contains("/") || object["env"]?["PATH"] == nil else { return }
    let directory = object["workingDirectory"]?.string
    if let directory, context.machine.whyDirectoryFails(directory) != nil { return }
    guard let why = context.machine.whyProgramFails(program, directory) else { return }
    context.diagnostics.warning(at: node.range, "this hook can't start: \(why)")
  }
}
