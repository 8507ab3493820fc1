/// One `{{…}}` of a template, read so that mistakes are found when the rules are loaded: the library that renders leaves
/// out what it doesn't find, in silence.
struct TemplateTag: Equatable {
  enum Kind: Equatable {
    case variable, section, inverted, close, comment
  }

  let kind: Kind
  /// `run.spec.flow.name` in parts; empty for `{{.}}` and comments.
  let path: [String]
  /// The whole text between the braces is a plain path, without a transform.
  let isPlain: Bool

  /// The tags in order. Throws what can't be used at all.
  static func read(_ text: String) throws(TemplateProblems) -> [TemplateTag] {
    var tags: [TemplateTag] = []
    var rest = text[...]
    while let open = rest.firstRange(of: "{{") {
      guard tags.count < mostTags else {
        throw TemplateProblems("this template has more than \(mostTags) tags", hint: nil)
      }
      rest = rest[open.upperBound...]
      guard let close = rest.firstRange(of: "}}") else {
        throw TemplateProblems("\"{{\" is never closed", hint: "close it with }}")
      }
      tags.append(try TemplateTag(rest[..<close.lowerBound]))
      rest = rest[close.upperBound...]
    }
    return tags
  }

  private init(_ content: Substring) throws(TemplateProblems) {
    let mark = content.first ?? " "
    switch mark {
    case "#": kind = .section
    case "^": kind = .inverted
    case "/": kind = .close
    case "!": kind = .comment
    case "{", "&":
      throw TemplateProblems(
        "\"{{\(mark)\" would put a run's text into the message unescaped",
        hint: "write {{\(content.filter { !"{}& ".contains($0) })}}")
    case ">", "<", "$", "=", "%", "*":
      throw TemplateProblems(
        "\"{{\(mark)\" is not known here", hint: "known are {{x}}, {{#x}}, {{^x}}, {{/x}} and {{! a comment }}")
    default: kind = .variable
    }
    if kind == .comment {
      path = []
      isPlain = false
      return
    }
    var name = (kind == .variable ? content : content.dropFirst()).filter { $0 != " " }
    isPlain = !name.contains("(")
    if let open = name.lastIndex(of: "("), let close = name.firstIndex(of: ")"), open < close {
      try Self.check(transforms: name[..<open])
      name = String(name[name.index(after: open)..<close])
    }
    let isName = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    guard isName, !name.isEmpty else {
      throw TemplateProblems(
        "{{\(content.prefix(60))}} names nothing", hint: "write {{flow}} or {{run.spec.flow.name}}")
    }
    path = name.split(separator: ".").map(String.init)
  }

  private static let mostHelpers = 10
  /// The library takes time with the square of them.
  private static let mostTags = 1_000

  /// What the library doesn't know it renders as nothing.
  private static func check(transforms: Substring) throws(TemplateProblems) {
    let names = transforms.split(separator: "(", maxSplits: mostHelpers).map(String.init)
    guard names.count <= mostHelpers else {
      throw TemplateProblems("more than \(mostHelpers) helpers stand round one variable", hint: nil)
    }
    for name in names where !TextView.knows(name) {
      throw TemplateProblems(
        "there is no helper \(name.debugDescription)", hint: hint(for: name, among: TextView.transforms))
    }
  }
}

/// What is wrong with a template, all of it.
struct TemplateProblems: Error {
  struct Problem {
    let message: String
    let hint: String?
  }

  var problems: [Problem]

  init(_ message: String, hint: String?) {
    problems = [Problem(message: message, hint: hint)]
  }

  init(_ problems: [Problem]) {
    self.problems = problems
  }
}
