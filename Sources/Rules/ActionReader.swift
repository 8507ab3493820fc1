internal import JSONSource
internal import Runs
internal import Secrets

/// Reads one entry of a rule's `actions`.
struct ActionReader {
  let rule: RuleReader
  let path: String
  let defaultLabel: String

  private var diagnostics: DiagnosticList { rule.diagnostics }
  private static let verbs = ["send", "run", "shell"]
  private static let common = ["id", "timeout", "retryFor"]

  func action(_ node: JSONNode) -> Action? {
    guard let members = node.members else {
      diagnostics.error(at: node.range, "\(path) must be an object, and is \(node.kind)")
      return nil
    }
    let verbs = members.map(\.key).filter(Self.verbs.contains)
    guard let verb = verbs.first, verbs.count == 1 else {
      let unknown = members.first { !Self.verbs.contains($0.key) }
      let near = verbs.isEmpty ? unknown.flatMap { suggestion(for: $0.key, among: Self.verbs) } : nil
      diagnostics.error(
        at: unknown.map { near == nil ? node.range : $0.keyRange } ?? node.range, "\(path) must do exactly one thing",
        hint: near.map { "did you mean \"\($0)\"?" } ?? "give it one of: \(Self.verbs.joined(separator: ", "))")
      return nil
    }
    let own = verb == "send" ? ["text", "body", "digest"] : ["env", "workingDirectory"]
    guard let reader = ObjectReader(node, path: path, known: [verb] + own + Self.common, diagnostics) else {
      return nil
    }
    let digest =
      verb == "send" ? reader["digest"].flatMap { DigestReader(path: "\(path).digest", diagnostics).digest($0) } : nil
    guard let kind = self.kind(verb, reader, digest) else { return nil }
    var options = options(reader, verb)
    options.digest = digest
    return Action(kind: kind, label: label(reader), options: options)
  }

  private func kind(_ verb: String, _ reader: ObjectReader, _ digest: ActionOptions.Digest?) -> Action.Kind? {
    guard let value = reader[verb] else { return nil }
    switch verb {
    case "send": return send(value, reader, digest)
    case "run":
      let words = reader.elements("run").enumerated().compactMap { argument($1, isProgram: $0 == 0, reader) }
      return words.isEmpty ? nil : .run(words)
    default:
      guard let script = reader.text(value, path: "\(path).shell") else { return nil }
      if script.contains("{{") {
        diagnostics.error(
          at: value.range, "templates in \"shell\" are refused: what a run says would be run by the shell",
          hint: "use \"$VI_FLOW\" and its like, or \"run\" with a list of arguments")
      }
      return .shell(script)
    }
  }

  /// Only the program must have a name: an argument may be empty, as in `sed -i ''`.
  private func argument(_ node: JSONNode, isProgram: Bool, _ reader: ObjectReader) -> TextTemplate? {
    if !isProgram, node.string == "" { return try? TextTemplate("", markup: .plain) }
    return reader.text(node, path: "an element of \(path).run").flatMap { template($0, at: node, markup: .plain) }
  }

  private func send(
    _ value: JSONNode, _ reader: ObjectReader, _ digest: ActionOptions.Digest?
  ) -> Action.Kind? {
    guard let name = reader.text(value, path: "\(path).send") else { return nil }
    guard let destination = rule.destinations[name] else {
      if rule.writtenDestinations.contains(name) { return nil }
      diagnostics.error(
        at: value.range, "unknown destination \(name.prefix(60).debugDescription)",
        hint: rule.destinations.isEmpty
          ? "describe it under \"destinations\"" : hint(for: name, among: rule.destinationNames))
      return nil
    }
    return message(for: destination, reader, digest).map { .send(destination: name, body: $0) }
  }

  private func message(
    for destination: DestinationSettings, _ reader: ObjectReader, _ digest: ActionOptions.Digest?
  ) -> Action.MessageTemplate? {
    let markup = destination.kind.markup
    let scope = digest.map { TemplateScope.digest(by: $0.by) } ?? .event
    if let body = reader["body"] {
      if let text = reader["text"] {
        diagnostics.error(at: text.range, "\(path) has both \"text\" and \"body\"", hint: "keep one of the two")
      }
      return .json(BodyTemplate(body) { template($0, at: $1, markup: markup, scope: scope) })
    }
    guard let node = reader["text"] else {
      if digest != nil { return destination.kind.defaultDigest.map { .json($0) } ?? .event }
      return destination.kind.defaultMessages.map { .standard($0) } ?? .event
    }
    guard destination.kind != .webhook else {
      diagnostics.error(
        at: node.range, "\"text\" is for chat destinations",
        hint: "a webhook receives the whole event, or what \"body\" says")
      return nil
    }
    guard let text = reader.text(node, path: "\(path).text") else { return nil }
    return template(text, at: node, markup: markup, scope: scope).map { .json(.message($0)) }
  }

  private func template(
    _ text: String, at node: JSONNode, markup: Markup, scope: TemplateScope = .event
  ) -> TextTemplate? {
    if text.contains("${") {
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

  private func options(_ reader: ObjectReader, _ verb: String) -> ActionOptions {
    var options = ActionOptions()
    let longest: Duration = verb == "send" ? .seconds(600) : .seconds(30 * 86_400)
    options.timeout = reader.duration("timeout", in: .milliseconds(100)...longest)
    options.retryFor = reader.duration("retryFor", in: .zero...(.seconds(30 * 86_400)))
    options.workingDirectory = reader.string("workingDirectory")
    options.environment = environment(reader["env"])
    return options
  }

  private func environment(_ node: JSONNode?) -> [ActionOptions.EnvironmentEntry] {
    guard let node else { return [] }
    guard let members = node.members else {
      diagnostics.error(at: node.range, "\(path).env must be an object, and is \(node.kind)")
      return []
    }
    return members.compactMap { member in
      let isName =
        !member.key.isEmpty && member.key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      guard isName, !member.key.hasPrefix("VI_") else {
        diagnostics.error(
          at: member.keyRange, "\(member.key.prefix(60).debugDescription) can't be set for a hook",
          hint: "names hold letters, digits and _; VI_… is set by vi-notify")
        return nil
      }
      return rule.file.reference(member.value, path: "\(path).env.\(member.key)").map {
        ActionOptions.EnvironmentEntry(name: member.key, value: $0)
      }
    }
  }
}
