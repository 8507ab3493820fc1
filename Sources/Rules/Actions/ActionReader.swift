internal import JSONSource
internal import Runs
internal import Secrets

/// Reads one entry of a list of actions, with all that comes after it.
struct ActionReader {
  let rule: RuleReader
  let path: String
  /// When it has no `id`.
  let defaultLabel: String
  let place: ChainPlace

  var diagnostics: DiagnosticList { rule.diagnostics }
  private static let common = ["id", "timeout", "retryFor", "then", "onFailure"]

  /// Nil, and reported, when it is no action.
  func action(_ node: JSONNode) -> Action? {
    guard let members = node.members else {
      diagnostics.error(at: node.range, "\(path) must be an object, and is \(node.kind)")
      return nil
    }
    guard let verb = verb(members, node) else { return nil }
    let known = [verb.rawValue] + verb.ownFields + Self.common
    guard let reader = ObjectReader(node, path: path, known: known, diagnostics) else { return nil }
    let digest = FieldType.digest.read(reader, "digest", rule.file)
    let label = label(reader)
    let kind = kind(verb, reader, digest)
    var options = options(reader, verb)
    options.digest = digest
    let (then, onFailure) = (
      steps(.then, reader, after: label, verb), steps(.onFailure, reader, after: label, verb)
    )
    guard let kind else { return nil }
    return Action(
      kind: kind, label: label, options: options, then: then, onFailure: onFailure,
      continuation: FollowUpActions(reader, kind: self.kind(ofDestination:)),
      digestPlan: digest == nil ? nil : DigestPlan(node, kind: self.kind(ofDestination:)))
  }

  /// When the action was written down, or else now.
  private func kind(ofDestination name: String) -> DestinationSettings.Kind? {
    place.kinds[name] ?? rule.destinations[name]?.kind
  }

  private func verb(_ members: [JSONMember], _ node: JSONNode) -> Action.Verb? {
    let verbs = members.compactMap { Action.Verb(rawValue: $0.key) }
    if let verb = verbs.first, verbs.count == 1 { return verb }
    let all = Action.Verb.allCases.map(\.rawValue)
    let unknown = members.first { !all.contains($0.key) }
    let near = verbs.isEmpty ? unknown.flatMap { suggestion(for: $0.key, among: all) } : nil
    diagnostics.error(
      at: unknown.map { near == nil ? node.range : $0.keyRange } ?? node.range, "\(path) must do exactly one thing",
      hint: near.map { "did you mean \"\($0)\"?" } ?? "give it one of: \(all.joined(separator: ", "))")
    return nil
  }

  private func kind(_ verb: Action.Verb, _ reader: ObjectReader, _ digest: ActionOptions.Digest?) -> Action.Kind? {
    guard let value = reader[verb.rawValue] else { return nil }
    switch verb {
    case .send: return send(value, reader, digest)
    case .run:
      let words = reader.elements("run").enumerated().compactMap { argument($1, isProgram: $0 == 0, reader) }
      warnOfProgram(value.elements?.first, reader)
      return words.isEmpty ? nil : .run(words)
    case .shell:
      guard let script = reader.text(value, path: "\(path).shell") else { return nil }
      checkLength(script, at: value)
      if script.contains("{{") {
        diagnostics.error(
          at: value.range, "templates in \"shell\" are refused: what a run says would be run by the shell",
          hint: "use \"$VI_FLOW\" and its like, or \"run\" with a list of arguments")
      }
      return .shell(script)
    case .download: return download(value)
    }
  }

  /// Only the program must have a name: an argument may be empty, as in `sed -i ''`.
  private func argument(_ node: JSONNode, isProgram: Bool, _ reader: ObjectReader) -> TextTemplate? {
    if !isProgram, node.string == "" { return try? TextTemplate("", markup: .plain) }
    return reader.text(node, path: "an element of \(path).run").flatMap {
      checkLength($0, at: node)
      return template($0, at: node, markup: .plain, scope: place.scope)
    }
  }

  /// What a run says is cut to what the system takes; half of what the user wrote must not run (execve(2): 128 KiB with the NUL at
  /// the end).
  private func checkLength(_ text: String, at node: JSONNode) {
    let limit = 128 * 1024 - 1
    guard text.utf8.count > limit else { return }
    diagnostics.error(
      at: node.range, "this has \(text.utf8.count) bytes, and no system takes more than \(limit) in one argument",
      hint: "put it into a file and run that")
  }

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

  private func label(_ reader: ObjectReader) -> String {
    guard let node = reader["id"], let id = reader.text(node, path: "\(path).id") else { return defaultLabel }
    if !Run.isValid(id: id) {
      diagnostics.error(at: node.range, "\(path).id holds letters, digits, _ and - only")
    }
    return id
  }
}
