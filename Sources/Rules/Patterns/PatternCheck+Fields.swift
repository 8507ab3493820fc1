internal import JSONSource

/// What a pattern asks of fields that can't be so.
extension PatternCheck {
  private static let absence = "so this can only match where it asks for absence"

  /// - Parameters:
  ///   - shape: of what `member` stands in.
  ///   - parents: names above it.
  func warnOfField(_ member: JSONMember, in shape: FieldShape, at parents: [String] = []) {
    let path = DataPath.written(parents + [member.key.prefix(60).description])
    guard case .object(let known) = shape else {
      if let shape = shape[member.key] { warnOfValue(member, shape, path, parents) }
      return
    }
    if let shape = known[member.key] { return warnOfValue(member, shape, path, parents) }
    if member.key.contains(".") { return warnOfDots(member, at: parents) }
    // The API may give a run more members than we know.
    guard parents.isEmpty else { return }
    diagnostics.warning(
      at: member.keyRange, "no run has \(member.key.prefix(60).debugDescription), \(Self.absence)",
      hint: hint(for: member.key, among: EventFields.all))
  }

  private func warnOfDots(_ member: JSONMember, at parents: [String]) {
    var keys = member.key.prefix(200).split(separator: ".").map { String($0) }
    // Behind `attributes` everything is the name of one.
    if let index = keys.firstIndex(of: EventFields.attributes), index + 1 < keys.count {
      keys = keys[...index] + [keys[(index + 1)...].joined(separator: ".")]
    }
    let open = keys.map { "{\($0.debugDescription): " }.joined()
    let close = String(repeating: "}", count: keys.count)
    let holder = parents.isEmpty ? "no event" : "nothing in \(DataPath.written(parents))"
    diagnostics.warning(
      at: member.keyRange,
      "\(holder) has a field with a dot in its name, as \(member.key.prefix(60).debugDescription), \(Self.absence)",
      hint: keys.isEmpty ? nil : "for a field in a field write \(open)…\(close)")
  }

  private func warnOfValue(_ member: JSONMember, _ shape: FieldShape, _ path: String, _ parents: [String]) {
    if let elements = member.value.elements {
      guard let kind = shape.kind else { return }
      if kind == "an object" {
        diagnostics.warning(
          at: member.value.range, "\(path) is an object, \(Self.absence)",
          hint: "name a field in it: {\(member.key.prefix(60).debugDescription): {…}}")
      } else {
        warnOfKinds(elements, kind, at: member.value.range, path)
      }
    } else if let members = member.value.members {
      if shape.kind == "a string" || shape.kind == "a number" {
        return diagnostics.warning(
          at: member.value.range, "\(path) has no members, \(Self.absence)", hint: "write its values into a list")
      }
      for inner in members { warnOfMember(inner, in: shape, at: parents + [member.key]) }
    }
  }

  private func warnOfMember(_ member: JSONMember, in shape: FieldShape, at parents: [String]) {
    guard member.key == "$or" else { return warnOfField(member, in: shape, at: parents) }
    for alternative in member.value.elements ?? [] {
      for inner in alternative.members ?? [] { warnOfMember(inner, in: shape, at: parents) }
    }
  }

  private static let textOperators: Set<String> = [
    "exactly", "prefix", "suffix", "equals-ignore-case", "wildcard", "cidr",
  ]

  /// The kind of value that alone meets this; nil: several do, or absence does.
  private func kind(wantedBy element: JSONNode) -> String? {
    switch element.content {
    case .string, .number: element.kind
    case .bool: "true or false"
    case .object(let members) where members.count == 1:
      members[0].key == "numeric" ? "a number" : Self.textOperators.contains(members[0].key) ? "a string" : nil
    default: nil
    }
  }

  private func warnOfKinds(_ elements: [JSONNode], _ kind: String, at range: Range<Int>, _ path: String) {
    let wanted = elements.map { self.kind(wantedBy: $0) }
    guard let first = wanted.first, let first, wanted.allSatisfy({ $0 != nil && $0 != kind }) else { return }
    let isWritten = elements.allSatisfy { $0.members == nil }
    let hint =
      switch (kind, first) {
      case ("a number", "a string"):
        isWritten ? "write it without quotation marks" : "compare it by {\"numeric\": [\">\", 60]}"
      case ("a string", "a number"): isWritten ? "write it in quotation marks" : "numeric compares numbers alone"
      default: "write \(kind)"
      }
    let never = Set(wanted.compactMap(\.self)).count == 1 ? first : "anything else"
    diagnostics.warning(at: range, "\(path) is \(kind), and never \(never)", hint: hint)
  }
}
