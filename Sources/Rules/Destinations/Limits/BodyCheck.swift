internal import JSONSource

/// Holds a body of a rules file against what its destination takes.
struct BodyCheck {
  let shape: BodyShape
  let limits: BodyLimits?
  /// For messages: `slack`.
  let service: String
  /// Of the body in the file.
  let path: String
  let diagnostics: DiagnosticList

  func check(_ body: JSONNode) {
    if case .invalid = body.content { return }
    guard let members = body.members else {
      return diagnostics.error(
        at: body.range, "\(path) must be an object for a destination of type \(service), and is \(body.kind)",
        hint: "write {\"\(shape.anyOf[0])\": …}")
    }
    if !shape.anyOf.contains(where: { says(body[$0]) }), !diagnostics.isCut(body) {
      diagnostics.error(
        at: body.range.lowerBound..<body.range.lowerBound + 1,
        "\(path) has no \(Self.listed(shape.anyOf)): \(service) refuses such a message (\(shape.refusal))",
        hint: "write {\"\(shape.anyOf[0])\": …}")
    }
    for member in members where !shape.known.contains(member.key) {
      diagnostics.warning(
        at: member.keyRange,
        "\(service) knows no \(member.key.prefix(60).debugDescription) in a message, and passes over it",
        hint: suggestion(for: member.key, among: shape.known).map { "did you mean \"\($0)\"?" })
    }
    for place in shape.lists.keys.sorted() {
      if let needs = shape.lists[place] { checkList(body, LimitNode.steps(of: place)[...], needs) }
    }
    if let limits { checkLimits(body, limits.root) }
  }

  /// A text, a list or an object with something in it, or what only a run will tell.
  private func says(_ node: JSONNode?) -> Bool {
    switch node?.content {
    case .string(let text): !text.isEmpty
    case .array(let elements): !elements.isEmpty
    case .object(let members): !members.isEmpty
    case .number, .bool, .invalid: true
    case .null, nil: false
    }
  }

  private static func listed(_ names: [String]) -> String {
    names.count < 2 ? names.joined() : "\(names.dropLast().joined(separator: ", ")) or \(names[names.count - 1])"
  }

  private func checkList(_ node: JSONNode, _ steps: ArraySlice<LimitNode.Step>, _ types: [String: [BodyShape.Need]]) {
    switch steps.first {
    case .member(let name): if let inner = node[name] { checkList(inner, steps.dropFirst(), types) }
    case .element: for element in node.elements ?? [] { checkList(element, steps.dropFirst(), types) }
    case nil:
      if case .invalid = node.content { return }
      guard let elements = node.elements else {
        return diagnostics.error(
          at: node.range, "\(service) refuses this: a list of objects must stand here, and it is \(node.kind)")
      }
      for element in elements { checkElement(element, types) }
    }
  }

  private func checkElement(_ node: JSONNode, _ types: [String: [BodyShape.Need]]) {
    if case .invalid = node.content { return }
    guard node.members != nil, let type = node["type"]?.string else {
      return diagnostics.error(
        at: node.range, "\(service) refuses this: an object with a \"type\" must stand here",
        hint: "known here: \(types.keys.sorted().joined(separator: ", "))")
    }
    guard let needs = types[type] else {
      // A service may have learned more types than we know.
      return diagnostics.warning(
        at: node["type"]?.range ?? node.range, "we know no \(type.prefix(60).debugDescription) of \(service)",
        hint: hint(for: type, among: types.keys.sorted()))
    }
    for need in needs where !need.anyOf.contains(where: { holds(node, $0) }) {
      diagnostics.error(
        at: node.range.lowerBound..<node.range.lowerBound + 1,
        "\(service) refuses a \(type) without \(Self.listed(need.anyOf.map { String($0.prefix { $0 != "." }) }))",
        hint: need.anyOf.contains("text.text")
          ? "a text is like {\"type\": \"\(type == "header" ? "plain_text" : "mrkdwn")\", \"text\": \"…\"}" : nil)
    }
  }

  private func holds(_ node: JSONNode, _ place: String) -> Bool {
    says(place.split(separator: ".").reduce(Optional(node)) { node, key in node?[String(key)] })
  }

  /// Lists have the length that they have in the file; texts only where they hold no tags.
  private func checkLimits(_ node: JSONNode, _ limits: LimitNode) {
    if let max = limits.list?.max, let count = node.elements?.count, count > max {
      diagnostics.error(
        at: node.range, "\(count) stand in this list, and \(service) takes at most \(max)",
        hint: "leave some out, or send them in several actions")
    }
    if let limit = limits.text, let text = node.string, !text.contains("{{"), text.utf8.count > limit.max,
      limit.unit.count(text) > limit.max
    {
      diagnostics.warning(
        at: node.range, "\(service) takes at most \(limit.max) characters here: the rest of this text will be cut off")
    }
    for member in node.members ?? [] {
      if let inner = limits[member.key] { checkLimits(member.value, inner) }
    }
    for element in node.elements ?? [] {
      if let inner = limits.element(type: element["type"]?.string) { checkLimits(element, inner) }
    }
  }
}
