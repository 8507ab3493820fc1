internal import Notation

/// A compiled set of patterns: flat tables that refer to each other by index.
///
/// How an event is matched:
/// 1. One scan walks the tree of paths (`nodes`) and notes the values of the fields that some pattern names.
/// 2. Each value is looked up in the index of its field (`fields`), which yields the conjunctions anchored there.
///    A conjunction (a pattern, or one combination of its `$or`) is anchored at its most selective condition only.
/// 3. The conditions of those conjunctions are tested against the noted values, each condition at most once per event.
/// 4. For values inside arrays, a search finds elements that meet all conditions together.
///
/// `@unchecked`: it consists of pointers into the set's arena, which is never written after building.
struct Automaton: @unchecked Sendable {
  let keys: HashTable<KeyEntry>
  let nodes: UnsafePointer<PathNode>
  let fields: UnsafePointer<FieldIndex>
  let fieldCount: Int
  let conditions: UnsafePointer<CompiledCondition>
  let conditionCount: Int
  let predicates: PredicateTable
  let conjunctions: UnsafePointer<Conjunction>
  let conjunctionCount: Int
  /// The conditions of each conjunction, in the order of their paths.
  let conjuncts: UnsafePointer<Int32>
  let patternCount: Int
  /// Conjunctions without an anchor, because they only ask for absence.
  let always: Span32
  /// Whether absence can meet any condition.
  let usesAbsence: Bool
  /// Whether a key with dots means several steps.
  let splitsKeysAtDots: Bool
  let anchors: Anchors
}

/// A run of entries in a table of 32-bit numbers.
struct Span32: BitwiseCopyable {
  var first: Int32 = 0
  var count: Int32 = 0

  @inline(__always)
  var indices: Range<Int> {
    Int(first)..<Int(first &+ count)
  }
}

/// A place in the tree of paths.
struct PathNode: BitwiseCopyable {
  /// The field that ends at this node, or -1.
  var field: Int32 = -1
  /// The number of keys that lead on from this node.
  var children: Int32 = 0
  /// Whether any condition on the field compares numbers.
  var comparesNumbers = false

  var hasChildren: Bool {
    @inline(__always) get { children > 0 }
  }
}

/// A step in the tree of paths: the key's bytes in the table of predicates, and the nodes at both ends.
struct KeyEntry: BitwiseCopyable {
  var parent: Int32
  var child: Int32
  var text: Span32
}

/// A pattern, or one combination of its `$or`.
struct Conjunction: BitwiseCopyable {
  var pattern: Int32
  var conditions: Span32
}

/// The alternatives for one field.
struct CompiledCondition: BitwiseCopyable {
  var field: Int32
  var allowsAbsence: Bool
  var tests: Span32
}

/// Leads from the value of a field to the conjunctions anchored there. It may return too many, never too few: the conditions are
/// tested afterwards.
struct FieldIndex: BitwiseCopyable {
  /// False if no conjunction is anchored at the field.
  var isAnchor = false
  var hasExactStrings = false
  var hasExactNumbers = false
  var hasFoldedStrings = false
  var null = Span32()
  var no = Span32()
  var yes = Span32()
  var anyString = Span32()
  var anyValue = Span32()
  /// Roots of byte tries, or -1.
  var prefixes: Int32 = -1
  var suffixes: Int32 = -1
  var foldedPrefixes: Int32 = -1
  var foldedSuffixes: Int32 = -1
  var infixes: Int32 = -1
  /// Bounds of ranges in `anchors.bounds`, and the first of the 2·(2n+1) tree nodes over them in `anchors.rangeNodes`.
  var bounds = Span32()
  var rangeNodes: Int32 = 0
  /// Lengths of networks in `anchors.networkLengths`.
  var networks = Span32()
}

/// The tables behind ``FieldIndex``.
struct Anchors {
  let exact: HashTable<Span32>
  let trie: ByteTrie
  let bounds: UnsafePointer<Double>
  let rangeNodes: UnsafePointer<Span32>
  let networkLengths: UnsafePointer<NetworkLength>
  /// Ranges of conjunctions.
  let postings: UnsafePointer<Int32>
}

struct NetworkLength: BitwiseCopyable, Hashable {
  var isV6: Bool
  var bits: UInt8
}

/// The kinds of exact keys, which share one table.
enum ExactKind {
  static let string: UInt8 = 0
  static let number: UInt8 = 1
  static let numberText: UInt8 = 2
  static let folded: UInt8 = 3
  static let network: UInt8 = 4
}

extension AddressBlock {
  /// The exact key of a network, or of an address cut to its length.
  static func fingerprint(_ address: IPAddress, bits: Int) -> UInt64 {
    var fingerprint = Fingerprint()
    fingerprint.add(address.high)
    fingerprint.add(address.low)
    return fingerprint.finished(count: bits << 1 | (address.isV6 ? 1 : 0))
  }
}
