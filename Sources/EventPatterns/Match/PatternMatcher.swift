package import JSONSource
internal import Notation

/// Finds the patterns of a set that match an event. It reuses its memory: once it has seen the largest event, an event costs no
/// allocation (except numbers of 16 and more digits that are compared).
package struct PatternMatcher: ~Copyable {
  private let set: PatternSet
  private let keysAreUnique: Bool
  private var notes: EventNotes
  private var frames = Scratch<EventScan.Frame>(capacity: 64)
  private var evaluator: ConditionEvaluator
  private var folded = Scratch<UInt8>(capacity: 64)

  init(_ set: PatternSet, keysAreUnique: Bool) {
    self.set = set
    // A key with dots may lead to a field that was counted as seen.
    self.keysAreUnique = keysAreUnique && !set.automaton.splitsKeysAtDots
    notes = EventNotes(fieldCount: set.automaton.fieldCount)
    evaluator = ConditionEvaluator(set.automaton)
  }

  /// The indices of the matching patterns, ascending.
  ///
  /// - Throws: if the event is not a JSON object or is truncated; parts that no pattern names are hardly checked.
  package mutating func matches(_ event: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> [Int] {
    var indices: [Int] = []
    try forEachMatch(in: event) { indices.append($0) }
    return indices
  }

  /// Calls `body` with the index of each matching pattern, ascending; like ``matches(_:)`` without its array.
  package mutating func forEachMatch(
    in event: UnsafeRawBufferPointer, _ body: (Int) -> Void
  ) throws(JSONSyntaxError) {
    notes.reset(eventSize: event.count)
    var scan = EventScan(set.automaton, event, keysAreUnique: keysAreUnique)
    try scan.run(&notes, &frames)
    evaluator.begin()
    evaluator.consider(set.automaton.always, notes)
    for index in 0..<notes.leaves.count {
      let leaf = notes.leaves[index]
      if set.automaton.fields[Int(leaf.field)].isAnchor { lookUp(leaf, set.automaton.fields[Int(leaf.field)]) }
    }
    evaluator.forEachMatch(body)
  }

  /// Considers all conjunctions anchored at the leaf's value.
  private mutating func lookUp(_ leaf: Leaf, _ field: FieldIndex) {
    evaluator.consider(field.anyValue, notes)
    switch leaf.kind {
    case .null: evaluator.consider(field.null, notes)
    case .no: evaluator.consider(field.no, notes)
    case .yes: evaluator.consider(field.yes, notes)
    case .number: lookUpNumber(leaf, field)
    case .numberText: if field.hasExactNumbers { lookUpExact(leaf.hash, leaf.field, ExactKind.numberText) }
    case .string: lookUpString(leaf, field)
    }
  }

  @inline(__always)
  private mutating func lookUpExact(_ hash: UInt64, _ field: Int32, _ kind: UInt8) {
    if let found = set.automaton.anchors.exact.find(Fingerprint.mix(hash, field, kind), where: { _ in true }) {
      evaluator.consider(found, notes)
    }
  }

  private mutating func lookUpNumber(_ leaf: Leaf, _ field: FieldIndex) {
    if field.hasExactNumbers { lookUpExact((leaf.number + 0).bitPattern, leaf.field, ExactKind.number) }
    guard field.bounds.count > 0 else { return }
    let anchors = set.automaton.anchors
    let count = Int(field.bounds.count)
    let place = RangeSlots.place(of: leaf.number, anchors.bounds + Int(field.bounds.first), count)
    var node = place + RangeSlots.count(count)
    while node > 0 {
      evaluator.consider(anchors.rangeNodes[Int(field.rangeNodes) + node], notes)
      node >>= 1
    }
  }

  private mutating func lookUpString(_ leaf: Leaf, _ field: FieldIndex) {
    evaluator.consider(field.anyString, notes)
    if field.hasExactStrings { lookUpExact(leaf.hash, leaf.field, ExactKind.string) }
    let trie = set.automaton.anchors.trie
    let count = Int(leaf.count)
    if field.prefixes >= 0 {
      trie.prefixes(of: leaf.text, count, from: field.prefixes) { evaluator.consider($0, notes) }
    }
    if field.suffixes >= 0 {
      trie.suffixes(of: leaf.text, count, from: field.suffixes) { evaluator.consider($0, notes) }
    }
    if field.infixes >= 0 {
      trie.infixes(of: leaf.text, count, from: field.infixes) { evaluator.consider($0, notes) }
    }
    if field.hasFoldedStrings || field.foldedPrefixes >= 0 || field.foldedSuffixes >= 0 { lookUpFolded(leaf, field) }
    if field.networks.count > 0 { lookUpNetwork(leaf, field) }
  }

  private mutating func lookUpFolded(_ leaf: Leaf, _ field: FieldIndex) {
    fold(leaf)
    let text = UnsafePointer(folded.base)
    let count = folded.count
    let trie = set.automaton.anchors.trie
    if field.hasFoldedStrings { lookUpExact(Fingerprint.of(text, count), leaf.field, ExactKind.folded) }
    if field.foldedPrefixes >= 0 {
      trie.prefixes(of: text, count, from: field.foldedPrefixes) { evaluator.consider($0, notes) }
    }
    if field.foldedSuffixes >= 0 {
      trie.suffixes(of: text, count, from: field.foldedSuffixes) { evaluator.consider($0, notes) }
    }
  }

  /// Writes the folded form of each character (see ``CaseForms/fold(_:)``) into `folded`.
  private mutating func fold(_ leaf: Leaf) {
    folded.removeAll()
    var position = 0
    while position < Int(leaf.count) {
      let scalar = CaseForms.fold(UTF8Text.next(leaf.text, Int(leaf.count), &position))
      if scalar < 0x80 {
        folded.append(UInt8(truncatingIfNeeded: scalar))
      } else {
        for byte in UTF8Text.encode(scalar) { folded.append(byte) }
      }
    }
  }

  private mutating func lookUpNetwork(_ leaf: Leaf, _ field: FieldIndex) {
    guard let address = IPAddress(UnsafeBufferPointer(start: leaf.text, count: Int(leaf.count))) else { return }
    let lengths = set.automaton.anchors.networkLengths
    for index in field.networks.indices where lengths[index].isV6 == address.isV6 {
      let bits = Int(lengths[index].bits)
      lookUpExact(AddressBlock.fingerprint(address.masked(bits), bits: bits), leaf.field, ExactKind.network)
    }
  }
}
