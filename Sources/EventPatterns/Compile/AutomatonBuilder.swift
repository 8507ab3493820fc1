/// Collects patterns, shares their common parts, and builds the tables of an ``Automaton``.
struct AutomatonBuilder {
  private var paths = PathTreeBuilder()
  private var predicates = PredicateTableBuilder()
  private var conditions: [CompiledCondition] = []
  private var conjunctions: [Conjunction] = []
  private var conjuncts: [Int32] = []
  /// Known conditions, and their anchors (nil if absence can meet them).
  private var known: [FieldCondition: Int32] = [:]
  private var anchors: [[Anchor]?] = []

  mutating func add(_ pattern: EventPattern, at index: Int) {
    for combination in pattern.root.combinations() {
      let first = Int32(conjuncts.count)
      for written in combination { conjuncts.append(add(written.condition)) }
      let span = Span32(first: first, count: Int32(combination.count))
      conjunctions.append(Conjunction(pattern: Int32(index), conditions: span))
    }
  }

  private mutating func add(_ condition: FieldCondition) -> Int32 {
    if let index = known[condition] { return index }
    let index = Int32(conditions.count)
    known[condition] = index
    let found = condition.tests.map(Anchor.init)
    let isFindable = found.allSatisfy { $0 != nil }
    anchors.append(isFindable ? Array(Set(found.compactMap { $0 })) : nil)
    let field = paths.field(at: condition.path)
    if condition.tests.contains(where: \.comparesNumbers) { paths.compareNumbers(at: condition.path) }
    conditions.append(
      CompiledCondition(
        field: field, allowsAbsence: condition.allowsAbsence, tests: predicates.add(condition.tests)))
    return index
  }

  /// Builds the tables; the builder must not be used afterwards.
  mutating func build(patternCount: Int, _ dialect: PatternDialect, in arena: Arena) -> Automaton {
    var index = AnchorIndexBuilder(fieldCount: paths.fieldCount)
    var always: [Int32] = []
    let different = differentAnchors()
    for (number, conjunction) in conjunctions.enumerated() {
      if let best = mostSelective(conjunction, different), let anchors = anchors[best] {
        for anchor in anchors { index.add(Int32(number), anchor, field: conditions[best].field) }
      } else {
        always.append(Int32(number))
      }
    }
    let alwaysSpan = index.add(postings: always)
    let keys = paths.freezeKeys(into: &predicates, in: arena)
    let frozenIndex = index.freeze(in: arena)
    return Automaton(
      keys: keys, nodes: arena.freeze(paths.nodes), fields: frozenIndex.fields, fieldCount: paths.fieldCount,
      conditions: arena.freeze(conditions), conditionCount: conditions.count, predicates: predicates.freeze(in: arena),
      conjunctions: arena.freeze(conjunctions), conjunctionCount: conjunctions.count,
      conjuncts: arena.freeze(conjuncts), patternCount: patternCount, always: alwaysSpan,
      usesAbsence: conditions.contains(where: \.allowsAbsence), splitsKeysAtDots: dialect == .eventRuler,
      anchors: frozenIndex.anchors)
  }

  /// For each field, the number of different anchors its conditions have.
  private func differentAnchors() -> [Int] {
    var sets = [Set<Anchor>](repeating: [], count: paths.fieldCount)
    for (condition, anchors) in zip(conditions, anchors) { sets[Int(condition.field)].formUnion(anchors ?? []) }
    return sets.map(\.count)
  }

  /// The condition that the fewest events are likely to meet.
  private func mostSelective(_ conjunction: Conjunction, _ different: [Int]) -> Int? {
    var best: (condition: Int, share: Double)?
    for position in conjunction.conditions.indices {
      let condition = Int(conjuncts[position])
      guard let anchors = anchors[condition] else { continue }
      let count = different[Int(conditions[condition].field)]
      let share = anchors.reduce(0) { $0 + $1.share(ofDifferent: count) }
      if share < best?.share ?? .infinity { best = (condition, share) }
    }
    return best?.condition
  }
}

/// The tree of the paths that patterns name.
private struct PathTreeBuilder {
  private(set) var nodes = [PathNode()]
  private(set) var fieldCount = 0
  private var children: [Step: Int32] = [:]
  private var fields: [FieldPath: (field: Int32, node: Int32)] = [:]

  private struct Step: Hashable {
    let parent: Int32
    let key: [UInt8]
  }

  mutating func field(at path: FieldPath) -> Int32 {
    if let known = fields[path] { return known.field }
    var node: Int32 = 0
    for key in path.steps { node = child(of: node, Array(key)) }
    let field = Int32(fieldCount)
    nodes[Int(node)].field = field
    fields[path] = (field, node)
    fieldCount += 1
    return field
  }

  /// Makes the scan parse the numbers of a field that was added before.
  mutating func compareNumbers(at path: FieldPath) {
    if let known = fields[path] { nodes[Int(known.node)].comparesNumbers = true }
  }

  private mutating func child(of node: Int32, _ key: [UInt8]) -> Int32 {
    let step = Step(parent: node, key: key)
    if let child = children[step] { return child }
    let child = Int32(nodes.count)
    nodes.append(PathNode())
    nodes[Int(node)].children += 1
    children[step] = child
    return child
  }

  func freezeKeys(into predicates: inout PredicateTableBuilder, in arena: Arena) -> HashTable<KeyEntry> {
    var entries: [(key: UInt64, value: KeyEntry)] = []
    for (step, child) in children {
      let entry = KeyEntry(parent: step.parent, child: child, text: predicates.add(text: step.key))
      entries.append((Fingerprint.mix(Fingerprint.of(step.key), step.parent), entry))
    }
    return HashTable(entries, empty: KeyEntry(parent: -1, child: -1, text: Span32()), in: arena)
  }
}
