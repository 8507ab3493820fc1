import JSONSource

/// The leaves of an event at certain paths, with the array elements that contain them.
struct EventTree {
  struct Leaf {
    let value: JSONNode
    /// Index into `elements`, or -1.
    let element: Int32
  }

  private var leaves: [FieldPath: [Leaf]] = [:]
  private var elements: [ArrayElement] = []
  /// Objects and empty lists found where a leaf was expected.
  private(set) var containers: [FieldPath: JSONNode] = [:]
  private let paths: [FieldPath]
  /// The paths and their parents; nothing else is visited.
  private var wanted: Set<FieldPath> = []
  private let dialect: PatternDialect
  private var arrays: Int32 = 0

  init(_ event: JSONNode, paths: [FieldPath], _ dialect: PatternDialect) {
    self.paths = paths
    self.dialect = dialect
    for path in paths { wanted.formUnion(path.parents) }
    visitMembers(of: event, at: nil, in: -1)
  }

  func leaves(at path: FieldPath) -> [Leaf] {
    leaves[path] ?? []
  }

  private mutating func visitMembers(of object: JSONNode, at path: FieldPath?, in element: Int32) {
    for member in object.members ?? [] {
      let inner = FieldPath(path, key: member.key, dialect)
      if wanted.contains(inner) { visit(member.value, at: inner, in: element) }
    }
  }

  private mutating func visit(_ node: JSONNode, at path: FieldPath, in element: Int32) {
    switch node.content {
    case .object:
      containers[path] = node
      visitMembers(of: node, at: path, in: element)
    case .array(let nodes):
      if nodes.isEmpty { containers[path] = node }
      let array = arrays
      arrays += 1
      for node in nodes { visit(element: node, of: array, at: path, in: element) }
    default: leaves[path, default: []].append(Leaf(value: node, element: element))
    }
  }

  /// Scalars in an array belong to the element around the array; objects and arrays are elements themselves.
  private mutating func visit(element node: JSONNode, of array: Int32, at path: FieldPath, in parent: Int32) {
    guard node.members != nil || node.elements != nil else { return visit(node, at: path, in: parent) }
    let depth = parent < 0 ? 0 : elements[Int(parent)].depth + 1
    elements.append(ArrayElement(array: array, parent: parent, depth: depth))
    visit(node, at: path, in: Int32(elements.count - 1))
  }

  /// Notes as the scan makes them, without values; fields are numbered like the paths.
  func withNotes<Result>(_ body: (borrowing EventNotes) -> Result) -> Result {
    var notes = EventNotes(fieldCount: paths.count)
    for element in elements { _ = notes.addElement(of: element.array, in: element.parent) }
    for (index, path) in paths.enumerated() {
      for leaf in leaves(at: path) {
        let nothing = EventText(("" as StaticString).utf8Start, 0)
        notes.add(EventPatterns.Leaf(nothing, .null, field: Int32(index), element: leaf.element))
      }
    }
    return body(notes)
  }

  /// Whether leaves of the two paths are in one array.
  func share(array one: FieldPath, _ other: FieldPath) -> Bool {
    !arrays(around: one).isDisjoint(with: arrays(around: other))
  }

  private func arrays(around path: FieldPath) -> Set<Int32> {
    var found: Set<Int32> = []
    for leaf in leaves(at: path) {
      var element = leaf.element
      while element >= 0 {
        found.insert(elements[Int(element)].array)
        element = elements[Int(element)].parent
      }
    }
    return found
  }
}

extension FieldPath {
  /// The path itself and all its parents.
  fileprivate var parents: [FieldPath] {
    var parents = [self]
    for (index, byte) in bytes.enumerated() where byte == FieldPath.separator {
      parents.append(FieldPath(bytes: Array(bytes[..<index])))
    }
    return parents
  }
}
