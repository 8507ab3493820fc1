/// Decides which conjunctions hold for one event, from its notes; each condition is tested at most once.
struct ConditionEvaluator: ~Copyable {
  private let automaton: Automaton
  /// The result of each condition, valid if its `epoch` is the current one.
  private let results: UnsafeMutablePointer<ConditionResult>
  /// The epoch in which each conjunction was considered, and in which each pattern matched.
  private let considered: UnsafeMutablePointer<UInt32>
  private let matched: UnsafeMutablePointer<UInt32>
  private var matches = Scratch<Int32>()
  /// Array elements with leaves that meet a condition, in ranges.
  private var options = Scratch<Int32>(capacity: 64)
  private var search = ConsistencySearch()
  private var epoch: UInt32 = 0

  init(_ automaton: Automaton) {
    self.automaton = automaton
    results = .allocate(capacity: automaton.conditionCount + 1)
    results.initialize(repeating: ConditionResult(), count: automaton.conditionCount + 1)
    considered = .allocate(capacity: automaton.conjunctionCount + 1)
    considered.initialize(repeating: 0, count: automaton.conjunctionCount + 1)
    matched = .allocate(capacity: automaton.patternCount + 1)
    matched.initialize(repeating: 0, count: automaton.patternCount + 1)
  }

  deinit {
    results.deallocate()
    considered.deallocate()
    matched.deallocate()
  }

  /// Discards the results of the previous event.
  mutating func begin() {
    matches.removeAll()
    options.removeAll()
    epoch &+= 1
    if epoch == 0 { startOver() }
  }

  /// After 2³² events the epochs would repeat.
  private mutating func startOver() {
    results.update(repeating: ConditionResult(), count: automaton.conditionCount + 1)
    considered.update(repeating: 0, count: automaton.conjunctionCount + 1)
    matched.update(repeating: 0, count: automaton.patternCount + 1)
    epoch = 1
  }

  @inline(__always)
  mutating func consider(_ postings: Span32, _ notes: borrowing EventNotes) {
    for index in postings.indices {
      let number = Int(automaton.anchors.postings[index])
      guard considered[number] != epoch else { continue }
      considered[number] = epoch
      let conjunction = automaton.conjunctions[number]
      guard matched[Int(conjunction.pattern)] != epoch, holds(conjunction.conditions, notes) else { continue }
      matched[Int(conjunction.pattern)] = epoch
      matches.append(conjunction.pattern)
    }
  }

  mutating func forEachMatch(_ body: (Int) -> Void) {
    if matches.count > 32 {
      for pattern in 0..<automaton.patternCount where matched[pattern] == epoch { body(pattern) }
      return
    }
    for index in 0..<matches.count {
      let pattern = matches[index]
      var place = index
      while place > 0, matches[place - 1] > pattern {
        matches[place] = matches[place - 1]
        place -= 1
      }
      matches[place] = pattern
    }
    for index in 0..<matches.count { body(Int(matches[index])) }
  }

  private mutating func holds(_ conditions: Span32, _ notes: borrowing EventNotes) -> Bool {
    var open = 0
    var asksForAbsence = false
    for index in conditions.indices {
      let finding = result(Int(automaton.conjuncts[index]), notes)
      if finding.isImpossible { return false }
      if !finding.isFree {
        open &+= 1
        asksForAbsence = asksForAbsence || finding.mayBeAbsent
      }
    }
    if open == 0 || open == 1 && !asksForAbsence { return true }
    return agree(conditions, asksForAbsence, notes)
  }

  /// Whether some elements meet all conditions together. Without absence, conditions met outside of arrays can be ignored; with
  /// absence they count, because the element in which they are met can make a field absent.
  private mutating func agree(_ conditions: Span32, _ asksForAbsence: Bool, _ notes: borrowing EventNotes) -> Bool {
    search.begin()
    for index in conditions.indices {
      let condition = Int(automaton.conjuncts[index])
      let finding = results[condition]
      guard asksForAbsence || !finding.isFree else { continue }
      search.add(finding, field: automaton.conditions[condition].field)
    }
    return search.run(options.base, notes)
  }

  @inline(__always)
  private mutating func result(_ condition: Int, _ notes: borrowing EventNotes) -> ConditionResult {
    let known = results[condition]
    return known.epoch == epoch ? known : find(condition, notes)
  }

  private mutating func find(_ number: Int, _ notes: borrowing EventNotes) -> ConditionResult {
    let condition = automaton.conditions[number]
    var finding = ConditionResult(epoch: epoch, options: Span32(first: Int32(options.count)))
    var leaf = notes.firstLeaf(of: condition.field)
    var isAbsent = leaf < 0
    finding.mayBeAbsent = condition.allowsAbsence && !isAbsent
    while leaf >= 0 {
      let value = notes.leaves.base[Int(leaf)]
      leaf = value.next
      if value.element < 0 { finding.mayBeAbsent = false }
      guard automaton.predicates.holds(condition.tests, for: value) else { continue }
      if value.element < 0 {
        finding.isFree = true
        if !automaton.usesAbsence { break }
      } else if finding.options.count == 0 || options[options.count &- 1] != value.element {
        options.append(value.element)
        finding.options.count &+= 1
      }
    }
    isAbsent = isAbsent && condition.allowsAbsence
    if isAbsent { finding.isFree = true }
    results[number] = finding
    return finding
  }
}

/// How a condition can be met in an event.
struct ConditionResult: BitwiseCopyable {
  var epoch: UInt32 = 0
  /// By a leaf outside of arrays, or because the field is absent everywhere.
  var isFree = false
  /// By absence, if the element that other conditions choose lacks the field.
  var mayBeAbsent = false
  /// By leaves in these array elements.
  var options = Span32()

  @inline(__always)
  var isImpossible: Bool {
    !isFree && !mayBeAbsent && options.count == 0
  }
}
