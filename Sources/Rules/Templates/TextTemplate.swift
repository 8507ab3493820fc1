internal import Mustache

/// A text with mustache tags over the event data, checked when it is made.
struct TextTemplate: Sendable {
  private let mustache: MustacheTemplate
  /// Blanks alone on the last line, which the library would leave out, and a single brace at the end, which it refuses.
  private let tail: Substring
  let markup: Markup
  /// As it was written.
  private let source: String
  /// The path of the one variable that is the whole text: such a leaf of a body keeps the value's type.
  let wholeVariable: [String]?

  /// Bytes of a text that has tags: the library takes time with their number times its length.
  private static let longest = 100_000

  /// - Parameter isOurs: written by us, and not by a user: tags without escaping are allowed.
  init(_ text: String, markup: Markup, scope: TemplateScope = .event, isOurs: Bool = false) throws(TemplateProblems) {
    self.markup = markup
    source = text
    let pieces = try TemplateTag.read(text, isOurs: isOurs)
    let tags = pieces.compactMap { if case .tag(let tag) = $0 { tag } else { nil } }
    guard tags.isEmpty || text.utf8.count <= Self.longest else {
      throw TemplateProblems("a text with tags may have \(Self.longest) bytes, and this has more", hint: nil)
    }
    let problems = scope.problems(in: tags)
    if !problems.isEmpty { throw TemplateProblems(problems) }
    let rendered = tags.isEmpty ? text : Self.rendered(pieces)
    do {
      let last = rendered.lastIndex { !" \t{".contains($0) }
      let end = rendered[(last.map(rendered.index(after:)) ?? rendered.startIndex)...]
      let isLost = end.contains("{") || rendered[..<end.startIndex].last?.isNewline ?? true
      tail = isLost ? end : ""
      // A line of its own, which is left out whole: on the first line of the text it would take that line's break along.
      mustache = try MustacheTemplate(string: "\(markup.pragma)\n\(rendered.dropLast(tail.count))")
    } catch {
      throw TemplateProblems(
        "the template can't be read: a section is not closed as it was opened", hint: "close {{#x}} with {{/x}}")
    }
    let isWhole = tags.count == 1 && text.hasPrefix("{{") && text.hasSuffix("}}")
    wholeVariable = isWhole && tags[0].kind == .variable && tags[0].isPlain ? tags[0].path : nil
  }

  private static func rendered(_ pieces: [TemplateTag.Piece]) -> String {
    pieces.reduce(into: "") { text, piece in
      switch piece {
      case .text(let part): text += part
      case .tag(let tag): text += tag.rendered
      }
    }
  }

  /// The same text in another notation, for a service that takes two; nil where it can't be read, which was checked.
  func written(in markup: Markup) -> TextTemplate? {
    try? TextTemplate(source, markup: markup, scope: .anything)
  }

  func render(_ data: TemplateData) -> String {
    mustache.render(data.root(for: markup)) + tail
  }
}
