internal import JSONSource

/// One limit of a service: a place in the body of a message, and what may stand there.
struct BodyLimit: Sendable {
  enum Kind: Sendable {
    case text(TextLimit)
    /// At max so many elements.
    ///
    /// - Parameter rest: JSON of the element that stands for those that were left out, with `%` for words such as
    ///   "… and 12 more"; nil: they are left out without a word.
    case list(max: Int, rest: String?)
    /// All texts within count at most so much together.
    case sum(max: Int)
  }

  /// Members with dots between them; `[]` is each element of a list, and `[header]` each whose `type` is `header`:
  /// `attachments[].blocks[header].text.text`.
  let place: String
  let kind: Kind

  init(_ place: String, _ kind: Kind) {
    self.place = place
    self.kind = kind
  }

  static func text(
    _ place: String, _ max: Int, _ unit: LimitUnit, _ markup: Markup = .plain, isRequired: Bool = false
  ) -> BodyLimit {
    BodyLimit(place, .text(TextLimit(max: max, unit: unit, markup: markup, isRequired: isRequired)))
  }
}

/// The limits of one type of destination, as data, and the engine that keeps a body within them.
///
/// A service that finds one text too long refuses the whole message, and with it exactly the failures that have a long stack
/// trace.
package struct BodyLimits: Sendable {
  let root: LimitNode

  init(_ limits: [BodyLimit]) {
    root = limits.reduce(into: LimitNode()) { $0.insert($1.kind, at: LimitNode.steps(of: $1.place)) }.finished()
  }

  /// The same bytes where all of it is within its limits. What is no JSON stays as it is.
  package func fit(_ body: [UInt8]) -> [UInt8] {
    guard let document = try? JSONDocument(parsing: body) else { return body }
    var fitting = BodyFitting()
    fitting.visit(document.root, root)
    return fitting.applied(to: body)
  }
}

/// The limits at a place and at all places within it.
struct LimitNode: Sendable {
  var text: TextLimit?
  var list: (max: Int, rest: String?)?
  var sum: Int?
  private var members: [String: LimitNode] = [:]
  /// Of elements of any type, and of those that have this one.
  private var element: [LimitNode] = []
  private var elementsByType: [String: LimitNode] = [:]

  enum Step: Equatable {
    case member(String)
    case element(type: String?)
  }

  static func steps(of place: String) -> [Step] {
    place.split(separator: ".").flatMap { part -> [Step] in
      let pieces = part.split(separator: "[")
      return [.member(String(pieces.first ?? ""))]
        + pieces.dropFirst().map { .element(type: $0 == "]" ? nil : String($0.dropLast())) }
    }
  }

  subscript(member: String) -> LimitNode? { members[member] }

  func element(type: String?) -> LimitNode? {
    type.flatMap { elementsByType[$0] } ?? element.first
  }

  mutating func insert(_ kind: BodyLimit.Kind, at steps: some Collection<Step>) {
    let rest = steps.dropFirst()
    switch steps.first {
    case .member(let name): members[name, default: LimitNode()].insert(kind, at: rest)
    case .element(type: let type?): elementsByType[type, default: LimitNode()].insert(kind, at: rest)
    case .element(type: nil):
      if element.isEmpty { element.append(LimitNode()) }
      element[0].insert(kind, at: rest)
    case nil:
      switch kind {
      case .text(let limit): text = limit
      case .list(let max, let rest): list = (max, rest)
      case .sum(let max): sum = max
      }
    }
  }

  /// With what holds for elements of any type at each type, too.
  func finished() -> LimitNode {
    var node = self
    node.members = members.mapValues { $0.finished() }
    node.element = element.map { $0.finished() }
    node.elementsByType = elementsByType.mapValues { typed in
      element.reduce(typed) { $0.adding($1) }.finished()
    }
    return node
  }

  /// What both say; of two limits for one place, its own.
  private func adding(_ other: LimitNode) -> LimitNode {
    var node = self
    node.text = text ?? other.text
    node.list = list ?? other.list
    node.sum = sum ?? other.sum
    node.members.merge(other.members) { $0.adding($1) }
    node.element = element.isEmpty ? other.element : element.map { own in other.element.reduce(own) { $0.adding($1) } }
    node.elementsByType.merge(other.elementsByType) { $0.adding($1) }
    return node
  }
}
