/// Paths into the event data as users write them: names with dots between them, and any other key in brackets and quotation
/// marks: `run.spec.flow.name`, `attributes["team name"]`, `attributes['a.b']`. In the quotation marks `\` stands before a
/// mark or a `\` that is meant as itself.
enum DataPath {
  /// The keys of a path; nil if the text is not a path.
  static func keys(_ text: some StringProtocol) -> [String]? {
    var keys: [String] = []
    var rest = Substring(text)
    while !rest.isEmpty {
      if rest.first == "[" {
        guard let (key, behind) = quoted(rest.dropFirst()) else { return nil }
        keys.append(key)
        rest = behind
        // Behind a bracket there is a dot, another bracket, or nothing.
        guard rest.isEmpty || rest.first == "." || rest.first == "[" else { return nil }
      } else {
        if rest.first == "." { rest = rest.dropFirst() }
        let name = rest.prefix { $0 != "." && $0 != "[" }
        guard TemplateName.isPlain(name) else { return nil }
        keys.append(String(name))
        rest = rest[name.endIndex...]
      }
    }
    return keys.isEmpty ? nil : keys
  }

  /// As it would be written.
  static func written(_ keys: [String]) -> String {
    keys.reduce(into: "") { text, key in
      if TemplateName.isPlain(key) {
        text += text.isEmpty ? key : "." + key
      } else {
        text += "[\"" + key.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"]"
      }
    }
  }

  /// What somebody may have meant who wrote something that is no path: `attributes.team name`. Nil when nobody can tell.
  static func spelling(of text: some StringProtocol) -> String? {
    let parts = text.split(separator: ".", maxSplits: 1)
    guard parts.count == 2, EventFields.objects.contains(String(parts[0])),
      !parts[1].contains(where: { "[]\"{}".contains($0) })
    else { return nil }
    // An attribute is a text: whatever stands behind the first dot is its name.
    let keys = parts[0] == "attributes" ? [parts[1]] : parts[1].split(separator: ".")
    return written([String(parts[0])] + keys.map { String($0) })
  }

  /// The `}}` that ends a tag: one in quotation marks doesn't.
  static func end(ofTag text: Substring) -> Range<Substring.Index>? {
    guard text.first != "!" else { return text.firstRange(of: "}}") }
    var rest = text
    while let mark = rest.firstIndex(where: { $0 == "}" || $0 == "[" }) {
      if rest[mark] == "[", let (_, behind) = quoted(rest[mark...].dropFirst()) {
        rest = behind
      } else if rest[mark...].hasPrefix("}}") {
        return mark..<rest.index(mark, offsetBy: 2)
      } else {
        rest = rest[rest.index(after: mark)...]
      }
    }
    return nil
  }

  /// The key in `"…"]`, and what comes behind.
  private static func quoted(_ text: Substring) -> (key: String, behind: Substring)? {
    guard let mark = text.first, mark == "\"" || mark == "'" else { return nil }
    var key = ""
    var rest = text.dropFirst()
    while let character = rest.popFirst() {
      if character == mark { return rest.first == "]" && !key.isEmpty ? (key, rest.dropFirst()) : nil }
      if character == "\\", let escaped = rest.first, escaped == "\\" || escaped == mark {
        key.append(escaped)
        rest = rest.dropFirst()
      } else {
        key.append(character)
      }
    }
    return nil
  }
}

extension Substring {
  /// Without blanks at either end.
  var trimmed: Substring {
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? endIndex
    return start <= end ? self[start..<end] : self[start...]
  }
}
