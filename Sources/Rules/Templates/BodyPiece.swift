internal import JSONSource

/// A body of our own, in pieces. Users write theirs as JSON (``BodyTemplate/init(_:template:)``); ours may leave pieces out.
indirect enum BodyPiece: Sendable {
  /// A template.
  case text(String)
  /// A user's template, which was checked.
  case template(TextTemplate)
  /// A template whose values are only cleaned for the eyes, in a place without notation.
  case words(String)
  /// A piece that stands only where a template says something.
  case unlessEmpty(String, BodyPiece)
  case number(Int)
  case bool(Bool)
  case object([(String, BodyPiece)])
  case list([BodyPiece])
  /// Stands only where the data has a value at this path: something other than null, false and an empty text.
  case when(String, BodyPiece)

  /// A template that stands only where it says something.
  static func filled(_ text: String) -> BodyPiece { .unlessEmpty(text, .text(text)) }

  /// Nil when one of the texts is no template, which a test rules out.
  func template(_ markup: Markup, scope: TemplateScope) -> BodyTemplate? {
    node(markup, scope).map(BodyTemplate.init(root:))
  }

  private func node(_ markup: Markup, _ scope: TemplateScope) -> BodyTemplate.Node? {
    switch self {
    case .text(let text):
      return (try? TextTemplate(text, markup: markup, scope: scope, isOurs: true)).map { .text($0) }
    case .template(let template): return .text(template)
    case .words(let text):
      return (try? TextTemplate(text, markup: .words, scope: scope, isOurs: true)).map { .text($0) }
    case .unlessEmpty(let text, let piece):
      guard let template = try? TextTemplate(text, markup: markup, scope: scope, isOurs: true) else { return nil }
      return piece.node(markup, scope).map { .unlessEmpty(template, $0) }
    case .number(let number): return .constant(Array(String(number).utf8))
    case .bool(let value): return .constant(Array((value ? "true" : "false").utf8))
    case .object(let members):
      let nodes = members.map { ($0.0, $0.1.node(markup, scope)) }
      guard nodes.allSatisfy({ $0.1 != nil }) else { return nil }
      return .object(nodes.compactMap { name, node in node.map { (name, $0) } })
    case .list(let elements):
      let nodes = elements.compactMap { $0.node(markup, scope) }
      return nodes.count == elements.count ? .array(nodes) : nil
    case .when(let path, let piece):
      return piece.node(markup, scope).map { .when(path.split(separator: ".").map(String.init), $0) }
    }
  }
}
