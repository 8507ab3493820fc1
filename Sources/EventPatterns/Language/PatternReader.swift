import JSONSource

/// Turns the tree of a pattern into groups of conditions, and collects mistakes.
struct PatternReader {
  private(set) var errors: [PatternError] = []
  let dialect: PatternDialect
  private var pathBytes = 0

  init(dialect: PatternDialect) {
    self.dialect = dialect
  }

  /// The place of an object: in the document (for messages), as a field, and its depth.
  private struct Place {
    var shown: String
    var field: FieldPath?
    var depth = 0
    var isInsideOr = false

    func inside(_ key: String, _ dialect: PatternDialect) -> Place {
      Place(
        shown: "\(shown).\(key.prefix(60))", field: FieldPath(field, key: key, dialect), depth: depth + 1,
        isInsideOr: isInsideOr)
    }

    func alternative(_ index: Int) -> Place {
      Place(shown: "\(shown).$or[\(index)]", field: field, depth: depth + 1, isInsideOr: true)
    }
  }

  mutating func read(_ node: JSONNode, at path: String) -> PatternGroup {
    var scope = Scope()
    let place = Place(shown: path)
    guard node.members != nil else {
      report(node, path, "write an object, not \(node.shown)", "a pattern is like {\"phase\": [\"failed\"]}")
      return PatternGroup()
    }
    readObject(node, at: place, into: &scope)
    let size = scope.group.size
    if size.combinations > PatternLimits.combinations || size.conditions > PatternLimits.conditions {
      let limit = "at most \(PatternLimits.combinations) combinations and \(PatternLimits.conditions) conditions"
      report(
        node, path,
        "too complex: its $or lists multiply to \(size.combinations) combinations of \(size.conditions) conditions",
        "\(limit); write several rules instead")
    }
    return scope.group
  }

  private mutating func readObject(_ node: JSONNode, at place: Place, into scope: inout Scope) {
    guard let members = node.members else { return }
    guard place.depth < PatternLimits.depth else {
      return report(node, place.shown, "nested deeper than \(PatternLimits.depth) levels", nil)
    }
    if members.isEmpty {
      report(node, place.shown, "write at least one field into {}", "to ask for presence, write [{\"exists\": true}]")
    }
    var seen: Set<[UInt8]> = []
    for member in members {
      guard errors.count < PatternLimits.errors else { return }
      if !seen.insert(Array(member.key.utf8)).inserted, dialect == .plain {
        reportTwice(member, at: place)
      } else if member.key == "$or" {
        readChoice(member.value, at: place, into: &scope)
      } else {
        readField(member, at: place, into: &scope)
      }
    }
  }

  private mutating func readField(_ member: JSONMember, at place: Place, into scope: inout Scope) {
    let inner = place.inside(member.key, dialect)
    if place.isInsideOr, PatternOperator.reservedInsideOr.contains(member.key) {
      errors.append(
        PatternError(
          range: member.keyRange, path: inner.shown,
          description: "\(member.key) can't be the name of a field inside $or",
          hint: "operators go into a field's list"
        ))
      return
    }
    switch member.value.content {
    case .object: readObject(member.value, at: inner, into: &scope)
    case .array(let elements): readCondition(elements, of: member, at: inner, into: &scope)
    case .invalid: report(member.value, inner.shown, "this isn't a JSON value", nil)
    default:
      let shown = member.value.shown
      report(member.value, inner.shown, "write [\(shown)], not \(shown)", "a pattern's values go into a list")
    }
  }

  private mutating func readCondition(
    _ elements: [JSONNode], of member: JSONMember, at place: Place, into scope: inout Scope
  ) {
    guard let path = place.field else { return }
    if elements.isEmpty {
      report(member.value, place.shown, "write at least one value into []", "an empty list would match nothing")
    }
    var tests: [ValueTest] = []
    for (index, element) in elements.enumerated() where errors.count < PatternLimits.errors {
      if let test = readTest(element, at: "\(place.shown)[\(index)]") { tests.append(test) }
    }
    pathBytes += path.bytes.count
    if pathBytes > PatternLimits.pathBytes {
      return report(member.value, place.shown, "too complex: the pattern has too many long paths", nil)
    }
    let condition = FieldCondition(path: path, tests: tests)
    let isNew = scope.add(WrittenCondition(condition: condition, offset: member.keyRange.lowerBound))
    if !isNew, dialect == .plain { reportTwice(member, at: place.shown) }
  }

  private mutating func readChoice(_ node: JSONNode, at place: Place, into scope: inout Scope) {
    let shown = "\(place.shown).$or"
    guard let elements = node.elements, elements.count >= 2 else {
      let found = node.elements.map { $0.isEmpty ? "an empty list" : "a list of one" } ?? node.shown
      return report(node, shown, "write a list of two or more objects, not \(found)", "one match is enough")
    }
    var groups: [PatternGroup] = []
    var paths: Set<FieldPath> = []
    for (index, element) in elements.enumerated() where errors.count < PatternLimits.errors {
      let alternative = place.alternative(index)
      guard element.members != nil else {
        report(element, alternative.shown, "write an object, not \(element.shown)", "like {\"phase\": [\"failed\"]}")
        continue
      }
      var inner = Scope()
      readObject(element, at: alternative, into: &inner)
      groups.append(inner.group)
      paths.formUnion(inner.paths)
    }
    if let twice = scope.add(groups, paths: paths), dialect == .plain {
      report(
        node, shown, "\(twice) is inside $or and beside it", "one value can't meet both: keep one of them")
    }
  }

  private mutating func reportTwice(_ member: JSONMember, at place: Place) {
    reportTwice(member, at: "\(place.shown).\(member.key)")
  }

  private mutating func reportTwice(_ member: JSONMember, at shown: String) {
    errors.append(
      PatternError(
        range: member.keyRange, path: shown, description: "this field is repeated",
        hint: "put all its values into one list"))
  }

  mutating func report(_ node: JSONNode, _ path: String, _ description: String, _ hint: String?) {
    errors.append(PatternError(range: node.range, path: path, description: description, hint: hint))
  }
}

/// The conditions of one object and the paths that they use.
private struct Scope {
  private(set) var group = PatternGroup()
  private(set) var paths: Set<FieldPath> = []

  /// False if the path is in use already.
  mutating func add(_ written: WrittenCondition) -> Bool {
    group.conditions.append(written)
    return paths.insert(written.condition.path).inserted
  }

  /// Returns a path that is in use already.
  mutating func add(_ choice: [PatternGroup], paths inside: Set<FieldPath>) -> FieldPath? {
    group.choices.append(choice)
    let twice = paths.intersection(inside).min()
    paths.formUnion(inside)
    return twice
  }
}

extension JSONNode {
  /// The value in a form for messages: scalars as JSON, cut at 40 characters, containers in words.
  var shown: String {
    switch content {
    case .string(let text): text.count <= 40 ? text.debugDescription : "\(text.prefix(40).debugDescription)…"
    case .number(let text): String(text.prefix(40))
    default: kind
    }
  }
}
