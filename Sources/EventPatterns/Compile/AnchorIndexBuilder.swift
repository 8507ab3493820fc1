internal import Notation

/// Groups conjunctions by their anchor, field by field.
struct AnchorIndexBuilder {
  private var perField: [[Anchor: [Int32]]]
  private var postings: [Int32] = []
  private var fields: [FieldIndex]
  /// Each key has all its entries, in case two texts have the same hash.
  private var exact: [UInt64: [Int32]] = [:]
  private var trie = ByteTrieBuilder()
  private var bounds: [Double] = []
  private var rangeNodes: [Span32] = []
  private var networkLengths: [NetworkLength] = []

  init(fieldCount: Int) {
    perField = Array(repeating: [:], count: fieldCount)
    fields = Array(repeating: FieldIndex(), count: fieldCount)
  }

  mutating func add(_ conjunction: Int32, _ anchor: Anchor, field: Int32) {
    perField[Int(field)][anchor, default: []].append(conjunction)
  }

  mutating func add(postings added: [Int32]) -> Span32 {
    postings += added
    return Span32(first: Int32(postings.count - added.count), count: Int32(added.count))
  }

  mutating func freeze(in arena: Arena) -> (fields: UnsafePointer<FieldIndex>, anchors: Anchors) {
    for (field, groups) in perField.enumerated() where !groups.isEmpty {
      fields[field].isAnchor = true
      addPoints(groups, Int32(field))
      addTries(groups, field)
      addRanges(groups, field)
      addNetworks(groups, Int32(field))
    }
    let points = exact.map { (key: $0.key, value: add(postings: $0.value)) }
    let anchors = Anchors(
      exact: HashTable(points, empty: Span32(), in: arena), trie: ByteTrie(trie, in: arena),
      bounds: arena.freeze(bounds),
      rangeNodes: arena.freeze(rangeNodes), networkLengths: arena.freeze(networkLengths),
      postings: arena.freeze(postings))
    return (arena.freeze(fields), anchors)
  }

  private mutating func addPoints(_ groups: [Anchor: [Int32]], _ field: Int32) {
    for (anchor, conjunctions) in groups {
      switch anchor {
      case .null: fields[Int(field)].null = add(postings: conjunctions)
      case .bool(false): fields[Int(field)].no = add(postings: conjunctions)
      case .bool(true): fields[Int(field)].yes = add(postings: conjunctions)
      case .anyString: fields[Int(field)].anyString = add(postings: conjunctions)
      case .anyValue: fields[Int(field)].anyValue = add(postings: conjunctions)
      case .exact(let kind, let hash):
        exact[Fingerprint.mix(hash, field, kind), default: []] += conjunctions
        switch kind {
        case ExactKind.string: fields[Int(field)].hasExactStrings = true
        case ExactKind.folded: fields[Int(field)].hasFoldedStrings = true
        default: fields[Int(field)].hasExactNumbers = true
        }
      default: break
      }
    }
  }

  private mutating func addTries(_ groups: [Anchor: [Int32]], _ field: Int) {
    for (anchor, conjunctions) in groups {
      switch anchor {
      case .prefix(let text): insert(text, conjunctions, \.prefixes, field)
      case .suffix(let text): insert(text.reversed(), conjunctions, \.suffixes, field)
      case .foldedPrefix(let text): insert(text, conjunctions, \.foldedPrefixes, field)
      case .foldedSuffix(let text): insert(text.reversed(), conjunctions, \.foldedSuffixes, field)
      default: break
      }
    }
    let firstInfixEdge = trie.edges.count
    for case (.infix(let text), let conjunctions) in groups { insert(text, conjunctions, \.infixes, field) }
    if fields[field].infixes >= 0 { trie.link(root: fields[field].infixes, edgesFrom: firstInfixEdge) }
  }

  private mutating func insert(
    _ text: some Sequence<UInt8>, _ conjunctions: [Int32], _ root: WritableKeyPath<FieldIndex, Int32>, _ field: Int
  ) {
    if fields[field][keyPath: root] < 0 { fields[field][keyPath: root] = trie.makeRoot() }
    trie.insert(text, at: fields[field][keyPath: root], add(postings: conjunctions))
  }

  /// A segment tree: each range is stored at the few nodes that cover it, and a value finds them on its way to the root.
  private mutating func addRanges(_ groups: [Anchor: [Int32]], _ field: Int) {
    let ranges = groups.compactMap { group in
      if case .range(let range) = group.key { (range: range, conjunctions: group.value) } else { nil }
    }
    guard !ranges.isEmpty else { return }
    let limits = Set(ranges.flatMap { [$0.range.low, $0.range.high] }).filter(\.isFinite).sorted()
    let slots = RangeSlots.count(limits.count)
    var covered = [[Int32]](repeating: [], count: slots * 2)
    for (range, conjunctions) in ranges {
      let places = RangeSlots.covered(by: range, limits)
      var low = places.lowerBound + slots
      var high = places.upperBound + slots
      while low < high {
        if low & 1 == 1 {
          covered[low] += conjunctions
          low += 1
        }
        if high & 1 == 1 {
          high -= 1
          covered[high] += conjunctions
        }
        low >>= 1
        high >>= 1
      }
    }
    fields[field].bounds = Span32(first: Int32(bounds.count), count: Int32(limits.count))
    fields[field].rangeNodes = Int32(rangeNodes.count)
    bounds += limits
    for conjunctions in covered { rangeNodes.append(add(postings: conjunctions)) }
  }

  private mutating func addNetworks(_ groups: [Anchor: [Int32]], _ field: Int32) {
    var lengths: Set<NetworkLength> = []
    for case (.network(let network), let conjunctions) in groups {
      lengths.insert(NetworkLength(isV6: network.first.isV6, bits: UInt8(network.bits)))
      let hash = AddressBlock.fingerprint(network.first, bits: network.bits)
      exact[Fingerprint.mix(hash, field, ExactKind.network), default: []] += conjunctions
    }
    fields[Int(field)].networks = Span32(first: Int32(networkLengths.count), count: Int32(lengths.count))
    networkLengths += lengths
  }
}

/// The slots that n sorted bounds divide the numbers into: below the first, equal to it, between the first two, and so on.
enum RangeSlots {
  static func count(_ bounds: Int) -> Int {
    2 * bounds + 1
  }

  static func covered(by range: NumberRange, _ bounds: [Double]) -> Range<Int> {
    var low = 0
    var high = count(bounds.count)
    if range.low.isFinite { low = 2 * lowerBound(range.low, bounds) + (range.lowIsOpen ? 2 : 1) }
    if range.high.isFinite { high = 2 * lowerBound(range.high, bounds) + (range.highIsOpen ? 1 : 2) }
    return low..<max(low, high)
  }

  private static func lowerBound(_ value: Double, _ bounds: [Double]) -> Int {
    bounds.withUnsafeBufferPointer { $0.baseAddress.map { place(of: value, $0, bounds.count) / 2 } ?? 0 }
  }

  /// The slot of a value.
  @inline(__always)
  static func place(of value: Double, _ bounds: UnsafePointer<Double>, _ count: Int) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) &>> 1
      if bounds[middle] < value { low = middle &+ 1 } else { high = middle }
    }
    return low < count && bounds[low] == value ? 2 &* low &+ 1 : 2 &* low
  }
}
