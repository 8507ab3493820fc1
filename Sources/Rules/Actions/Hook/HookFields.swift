internal import JSONSource
internal import Secrets
internal import Storage

/// What `run` and `shell` have.
struct HookSettings: Sendable {
  /// Added to the environment. The values stay references until the hook starts.
  var environment: [EnvironmentEntry] = []
  var workingDirectory: String?
  /// `name` or `name:group`; only root can have it. Nil: as we do.
  var user: String?
  /// Of the files that it makes, 0…0o777; nil: ours.
  var umask: UInt16?
  var isOnce = false
  var concurrency: Int?

  struct EnvironmentEntry: Sendable, Equatable {
    let name: String
    let value: ReferenceText
  }

  static let results = ["status", "exitCode", "stdout"]

  /// What is stored: rendered, but with references in place of secrets.
  func call(_ command: HookCall.Command, _ context: PlannedDelivery.RenderContext) -> PlannedDelivery.Content {
    let call = HookCall(
      command: command, environment: environment.map { .init(name: $0.name, reference: $0.value.source) },
      results: context.results.variables.map { .init(name: $0.name, value: $0.value) },
      workingDirectory: workingDirectory, user: user, umask: umask)
    return .delivery(.hook(call))
  }

  func check(_ object: ObjectReader, _ options: ActionOptions) {
    guard isOnce, options.retryFor != nil, let node = object["retryFor"] else { return }
    object.diagnostics.error(
      at: node.range, "\(object.path) has both \"once\" and \"retryFor\"",
      hint: "what must not run twice can't be repeated: keep one of the two")
  }

  static let beside: SchemaPiece = [
    "if": .object([
      "properties": .object(["once": .object(["const": .bool(true)])]), "required": .list([.text("once")]),
    ]),
    "then": .object(["not": .object(["required": .list([.text("retryFor")])])]),
  ]
}

extension Shape where Target == HookSettings {
  static let hook = Shape(
    says: "",
    fields: [
      Field(
        "env", environment, to: \.environment, example: #"{"TOKEN": "${env:TOKEN}"}"#,
        "Variables to add to those that a hook has; values may be references. `VI_…` is set by vi-notify."),
      Field(
        "workingDirectory", workingDirectory, to: \.workingDirectory, example: #""/srv/deploy""#,
        "Where it runs; without it, where vi-notify was started."),
      Field("user", user, to: \.user, example: #""deploy:deploy""#, "user or user:group to run as; only root can."),
      Field("umask", umask, to: \.umask, example: #""027""#, "Of the files that it makes, octal."),
      Field("once", .bool, to: \.isOnce, default: "false", example: "true", "Never run it twice, even after a kill."),
      Field(
        "concurrency", .integer(1...64), to: \.concurrency, example: "1",
        "So many of this action at once, 1 to 64. Without it all hooks share 4."),
    ])

  private static let environment = FieldType<[HookSettings.EnvironmentEntry]>.own([
    "type": .text("object"), "additionalProperties": .bool(false),
    "patternProperties": .object(["^(?!VI_)[A-Za-z0-9_]+$": .object(["$ref": .text("#/$defs/filled")])]),
  ]) { node, path, context in
    guard let members = node.members else {
      context.diagnostics.error(at: node.range, "\(path) must be an object, and is \(node.kind)")
      return nil
    }
    return members.compactMap { entry($0, path, context) }
  }

  private static func entry(_ member: JSONMember, _ path: String, _ context: FieldContext)
    -> HookSettings.EnvironmentEntry?
  {
    warnOfTemplate(member, context)
    let isName =
      !member.key.isEmpty && member.key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    guard isName, !member.key.hasPrefix("VI_") else {
      context.diagnostics.error(
        at: member.keyRange, "\(member.key.prefix(60).debugDescription) can't be set for a hook",
        hint: "names hold letters, digits and _; VI_… is set by vi-notify")
      return nil
    }
    return context.reference(member.value, path: "\(path).\(member.key)", as: .variable(name: member.key)).map {
      HookSettings.EnvironmentEntry(name: member.key, value: $0)
    }
  }

  /// Variables take no templates; `{{` may also be meant for the program.
  private static func warnOfTemplate(_ member: JSONMember, _ context: FieldContext) {
    guard let text = member.value.string, let pieces = try? TemplateTag.read(text) else { return }
    for case .tag(let tag) in pieces {
      guard let name = tag.path.first, EventFields.all.contains(name) || name == StepResults.steps else { continue }
      return context.diagnostics.warning(
        at: member.value.range, "{{\(tag.name)}} is not looked up in a variable: the hook gets it as it stands",
        hint: "a hook has $VI_RUN_ID and its like; see README, \"A hook\"")
    }
  }

  private static let workingDirectory = FieldType<String>.own(["$ref": .text("#/$defs/noTemplate")]) {
    node, path, context in
    guard let directory = context.text(node, path: path) else { return nil }
    if context.isTemplate(node, path: path, hint: "a hook finds the run's id in $VI_RUN_ID") { return nil }
    // The file may be right on the machine where it will be used.
    if let why = context.machine.whyDirectoryFails(directory) {
      context.diagnostics.warning(at: node.range, "this hook can't start: \(why)")
    }
    return directory
  }

  private static let user = FieldType<String>.own([
    "type": .text("string"),
    "pattern": .text("^[A-Za-z0-9_.$][A-Za-z0-9_.$-]*(:[A-Za-z0-9_.$][A-Za-z0-9_.$-]*)?$"),
  ]) { node, path, context in
    guard let text = context.text(node, path: path) else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let isName =
      parts.count <= 2
      && parts.allSatisfy { part in
        part.first.map { $0 != "-" } ?? false
          && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-$".contains($0)) }
      }
    if isName { return text }
    context.diagnostics.error(
      at: node.range, "\(text.prefix(60).debugDescription) is no user", hint: "write a user, or user:group")
    return nil
  }

  private static let umask = FieldType<UInt16>.own(["type": .text("string"), "pattern": .text("^0?[0-7]{3}$")]) {
    node, path, context in
    guard let text = context.text(node, path: path) else { return nil }
    guard (3...4).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }),
      let mask = UInt16(text, radix: 8), mask <= 0o777
    else {
      context.diagnostics.error(
        at: node.range, "\(path) is no mask: \(text.prefix(20).debugDescription)",
        hint: "write three octal digits, such as \"027\"")
      return nil
    }
    return mask
  }
}

extension FieldContext {
  /// What a run says is cut to what the system takes; half of what the user wrote must not run (execve(2): 128 KiB with the NUL at
  /// the end).
  func checkArgumentLength(_ text: String, at node: JSONNode) {
    let limit = 128 * 1024 - 1
    guard text.utf8.count > limit else { return }
    diagnostics.error(
      at: node.range, "this has \(text.utf8.count) bytes, and no system takes more than \(limit) in one argument",
      hint: "put it into a file and run that")
  }
}
