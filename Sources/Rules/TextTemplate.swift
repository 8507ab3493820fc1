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

  init(_ text: String, markup: Markup, scope: TemplateScope = .event) throws(TemplateProblems) {
    self.markup = markup
    let tags = try TemplateTag.read(text)
    guard tags.isEmpty || text.utf8.count <= Self.longest else {
      throw TemplateProblems("a text with tags may have \(Self.longest) bytes, and this has more", hint: nil)
    }
    let problems = scope.problems(in: tags)
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
