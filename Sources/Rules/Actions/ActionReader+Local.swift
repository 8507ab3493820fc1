internal import JSONSource
internal import Runs

/// What is done on this machine, and what must be there for it.
extension ActionReader {
  func download(_ node: JSONNode) -> Action.Kind? {
    let path = "\(path).download"
    guard let reader = ObjectReader(node, path: path, known: ["to", "checkpoint"], diagnostics) else { return nil }
    let directory = reader.string("to")
    reportHome(reader["to"] ?? node, directory, path)
    if let node = reader["to"], rule.file.isTemplate(node, path: "\(path).to", hint: Self.ownFolder) {
      return nil
    }
    if let directory, let node = reader["to"], !directory.hasPrefix("/"), directory != "~", !directory.hasPrefix("~/") {
      diagnostics.error(
        at: node.range, "\(path).to must not depend on where vi-notify was started",
        hint: "write a path that begins with / or ~/")
    }
    let checkpoint = reader.string("checkpoint")
    if let checkpoint, let node = reader["checkpoint"], !Run.isValid(id: checkpoint) {
      diagnostics.error(
        at: node.range, "\(checkpoint.prefix(60).debugDescription) is no checkpoint",
        hint: "ids hold letters, digits, _ and -; vi-notify models list RUN shows them")
    }
    return .download(directory: directory ?? Action.standardModels, checkpoint: checkpoint)
  }

  private static let ownFolder = "each run gets a folder of its own in it"

  /// `~` is what HOME says, in the directory that is written or in the usual one.
  private func reportHome(_ node: JSONNode, _ directory: String?, _ path: String) {
    guard rule.file.machine.home == .missing, directory?.hasPrefix("~") ?? true else { return }
    diagnostics.error(
      at: node.range,
      directory == nil
        ? "\(path) needs \"to\": HOME is not set, and models would go to \(Action.standardModels)"
        : "\(path).to begins with ~, and HOME is not set",
      hint: "write a path that begins with /, or set HOME")
  }

  /// The file may be right on the machine where it will be used, so that nothing of this is an error.
  func warnOfProgram(_ node: JSONNode?, _ reader: ObjectReader) {
    guard let node, let program = node.string, !program.isEmpty, !program.contains("{{") else { return }
    // A hook with its own PATH finds it elsewhere, and a missing directory has a warning of its own.
    guard program.contains("/") || reader["env"]?["PATH"] == nil else { return }
    let directory = reader["workingDirectory"]?.string
    if let directory, rule.file.machine.whyDirectoryFails(directory) != nil { return }
    guard let why = rule.file.machine.whyProgramFails(program, directory) else { return }
    diagnostics.warning(at: node.range, "this hook can't start: \(why)")
  }

  func workingDirectory(_ reader: ObjectReader) -> String? {
    guard let directory = reader.string("workingDirectory"), let node = reader["workingDirectory"] else { return nil }
    let path = "\(path).workingDirectory"
    if rule.file.isTemplate(node, path: path, hint: "a hook finds the run's id in $VI_RUN_ID") { return nil }
    if let why = rule.file.machine.whyDirectoryFails(directory) {
      diagnostics.warning(at: node.range, "this hook can't start: \(why)")
    }
    return directory
  }

  /// Variables take no templates; `{{` may also be meant for the program.
  func warnOfTemplate(_ member: JSONMember) {
    guard let text = member.value.string, let pieces = try? TemplateTag.read(text) else { return }
    for case .tag(let tag) in pieces {
      guard let name = tag.path.first, EventFields.all.contains(name) || name == StepResults.steps else { continue }
      return diagnostics.warning(
        at: member.value.range, "{{\(tag.name)}} is not looked up in a variable: the hook gets it as it stands",
        hint: "a hook has $VI_RUN_ID and its like; see README, \"A hook\"")
    }
  }
}
