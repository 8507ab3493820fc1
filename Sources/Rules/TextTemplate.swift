internal import Mustache

/// A text with mustache tags over the event data, checked when it is made.
struct TextTemplate: Sendable {
  private let mustache: MustacheTemplate
  /// Blanks alone on the last line, which the library would leave out, and a single brace at the end, which it refuses.
  private let tail: Substring
  let markup: Markup
  /// The path of the one variable that is the whole text: such a leaf of a body keeps the value's type.
  let wholeVariable: [String]?

  /// Bytes of a text that has tags: the library takes time with their number times its length.
  private static let longest = 100_000

  init(_ text: String, markup: Markup) throws(TemplateProblems) {
    self.markup = markup
    let tags = try TemplateTag.read(text)
    guard tags.isEmpty || text.utf8.count <= Self.longest else {
      throw TemplateProblems("a text with tags may have \(Self.longest) bytes, and this has more", hint: nil)
    }
    let problems = TemplateScope.problems(in: tags)
    if !problems.isEmpty { throw TemplateProblems(problems) }
    do {
      let end = text[(text.lastIndex { !" \t{".contains($0) }.map(text.index(after:)) ?? text.startIndex)...]
      let isLost = end.contains("{") || text[..<end.startIndex].last?.isNewline ?? true
      tail = isLost ? end : ""
      // A line of its own, which is left out whole: on the first line of the text it would take that line's break along.
      mustache = try MustacheTemplate(string: "\(markup.pragma)\n\(text.dropLast(tail.count))")
    } catch {
      throw TemplateProblems(
        "the template can't be read: a section is not closed as it was opened", hint: "close {{#x}} with {{/x}}")
    }
    let isWhole = tags.count == 1 && text.hasPrefix("{{") && text.hasSuffix("}}")
    wholeVariable = isWhole && tags[0].kind == .variable && tags[0].isPlain ? tags[0].path : nil
  }

  func render(_ data: TemplateData) -> String {
    mustache.render(data.root) + tail
  }
}

/// Which variables can exist: the members of the event data, and whatever stands inside `attributes` and `run`.
enum TemplateScope {
  /// The library recurses over sections: deeper ones would overflow its stack.
  private static let mostSections = 50
  /// Mistakes told of one template: more would only echo the first ones.
  private static let mostProblems = 20

  static func problems(in tags: [TemplateTag]) -> [TemplateProblems.Problem] {
    var open: [TemplateTag] = []
    var problems: [TemplateProblems.Problem] = []
    for tag in tags where problems.count < mostProblems {
      switch tag.kind {
      case .comment: continue
      case .close:
        if open.popLast()?.path != tag.path {
          let message = "{{/\(tag.path.joined(separator: "."))}} closes nothing that is open"
          problems.append(.init(message: message, hint: nil))
        }
      case .variable, .section, .inverted:
        if let problem = problem(of: tag, inside: open) { problems.append(problem) }
        guard tag.kind != .variable else { continue }
        open.append(tag)
        guard open.count <= mostSections else {
          return problems + [.init(message: "sections are nested deeper than \(mostSections) levels", hint: nil)]
        }
      }
    }
    return problems
  }

  private static func problem(of tag: TemplateTag, inside open: [TemplateTag]) -> TemplateProblems.Problem? {
    guard let name = tag.path.first, !EventFields.objects.contains(name) else { return nil }
    let name1 = tag.path.joined(separator: ".")
    if EventFields.values.contains(name) {
      guard tag.path.count > 1 else { return nil }
      return .init(message: "{{\(name1)}} can't exist: \(name) has no members", hint: "write {{\(name)}}")
    }
    // Inside a section over something of the run, its members have names of their own.
    if open.contains(where: { $0.kind == .section && EventFields.objects.contains($0.path.first ?? "") }) { return nil }
    return .init(message: "{{\(name1)}} can't exist", hint: hint(for: name, among: EventFields.all))
  }
}
