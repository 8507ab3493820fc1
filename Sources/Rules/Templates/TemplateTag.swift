/// One `{{…}}` of a template, read so that mistakes are found when the rules are loaded: the library that renders leaves
/// out what it doesn't find, in silence.
struct TemplateTag: Equatable {
  enum Kind: Equatable {
    case variable, section, inverted, close, comment
    /// A variable as it is. Only ours, of values that hold nothing to escape.
    case unescaped

    var mark: String {
      switch self {
      case .variable: ""
      case .unescaped: "&"
      case .section: "#"
      case .inverted: "^"
      case .close: "/"
      case .comment: "!"
      }
    }
  }

  let kind: Kind
  /// `run.spec.flow.name` in parts; empty for `{{.}}` and comments.
  let path: [String]
  /// A dot stands before the path: it is looked up at the innermost object alone.
  let isRelative: Bool
  /// As they are written, the outermost first.
  let helpers: [String]

  /// The whole text between the braces is a plain path, without a transform.
  var isPlain: Bool { helpers.isEmpty && kind != .comment }
  /// For messages: `run.spec["a b"]`.
  var name: String { DataPath.written(path) }

  /// The tag as the library takes it.
  var rendered: String {
    if kind == .comment { return "{{!}}" }
    let exists = helpers.contains { TextView.wantsNothing.contains($0) }
    let name = path.isEmpty ? "." : TemplateName.encoded(path, isRelative: isRelative, exists: exists)
    let open = helpers.map { "\($0)(" }.joined()
    return "{{\(kind.mark)\(open)\(name)\(String(repeating: ")", count: helpers.count))}}"
  }

  /// A template in pieces: texts as they stand, and tags.
  enum Piece {
    case text(Substring)
    case tag(TemplateTag)
  }

  /// The pieces in order. Throws what can't be used at all.
  ///
  /// - Parameter isOurs: tags without escaping are allowed.
  static func read(_ text: String, isOurs: Bool = false) throws(TemplateProblems) -> [Piece] {
    var pieces: [Piece] = []
    var count = 0
    var rest = text[...]
    while let open = rest.firstRange(of: "{{") {
      guard count < maxTags else {
        throw TemplateProblems("this template has more than \(maxTags) tags", hint: nil)
      }
      count += 1
      pieces.append(.text(rest[..<open.lowerBound]))
      rest = rest[open.upperBound...]
      guard let close = DataPath.end(ofTag: rest) else {
        throw TemplateProblems("\"{{\" is never closed", hint: "close it with }}")
      }
      pieces.append(.tag(try TemplateTag(rest[..<close.lowerBound], isOurs: isOurs)))
      rest = rest[close.upperBound...]
    }
    return pieces + [.text(rest)]
  }

  private init(_ content: Substring, isOurs: Bool) throws(TemplateProblems) {
    let mark = content.first ?? " "
    switch mark {
    case "#": kind = .section
    case "^": kind = .inverted
    case "/": kind = .close
    case "!": kind = .comment
    case "&" where isOurs: kind = .unescaped
    case "{", "&":
      throw TemplateProblems(
        "\"{{\(mark)\" would put a run's text into the message unescaped",
        hint: "write {{\(content.filter { !"{}& ".contains($0) })}}")
    case ">", "<", "$", "=", "%", "*":
      throw TemplateProblems(
        "\"{{\(mark)\" is not known here", hint: "known are {{x}}, {{#x}}, {{^x}}, {{/x}} and {{! a comment }}")
    default: kind = .variable
    }
    guard kind != .comment else {
      (path, isRelative, helpers) = ([], false, [])
      return
    }
    let inner = (kind == .variable ? content : content.dropFirst()).trimmed
    let (helpers, name) = try Self.helpers(inner, of: content)
    self.helpers = helpers
    isRelative = name.hasPrefix(".")
    guard name != "." else {
      path = []
      return
    }
    guard let path = DataPath.keys(name) else {
      throw TemplateProblems(
        "{{\(content.prefix(60))}} names nothing",
        hint: DataPath.spelling(of: name).map { "write {{\($0)}}" } ?? Self.usual)
    }
    self.path = path
  }

  private static let usual = "write {{flow}} or {{run.spec.flow.name}}"
  private static let maxHelpers = 10
  /// The library takes time with the square of them.
  private static let maxTags = 1_000

  /// `uppercased(json(x))` is two helpers and a name. What the library doesn't know it renders as nothing.
  private static func helpers(
    _ text: Substring, of content: Substring
  ) throws(TemplateProblems) -> (helpers: [String], name: Substring) {
    var names: [String] = []
    var rest = text
    while let open = rest.firstIndex(where: { "(.[\"' ".contains($0) }), rest[open] == "(" {
      names.append(String(rest[..<open]))
      rest = rest[rest.index(after: open)...].trimmed
      guard names.count <= maxHelpers else {
        throw TemplateProblems("more than \(maxHelpers) helpers stand round one variable", hint: nil)
      }
    }
    for name in names where !TextView.knows(name) {
      throw TemplateProblems(
        "there is no helper \(name.prefix(60).debugDescription)", hint: hint(for: name, among: TextView.transforms))
    }
    for _ in names {
      guard rest.last == ")" else {
        throw TemplateProblems("{{\(content.prefix(60))}} is not closed as it was opened", hint: "close each ( with )")
      }
      rest = rest.dropLast().trimmed
    }
    return (names, rest)
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
