internal import Notation

/// The tests of all conditions, and the tables that they refer to.
struct PredicateTable {
  let tests: UnsafePointer<CompiledTest>
  let texts: UnsafePointer<UInt8>
  let strings: UnsafePointer<PooledString>
  let numbers: UnsafePointer<Double>
  let characters: UnsafePointer<CaselessCharacter>
  let networks: UnsafePointer<AddressBlock>
  /// For long parts of wildcards: for each byte, the length of the part's prefix that ends there.
  let borders: UnsafePointer<Int32>
}

struct PooledString: BitwiseCopyable {
  /// For long parts of wildcards, the index of their borders instead.
  var hash: UInt64
  var text: Span32
}

/// One test in flat form; `content` is a range in the table of its kind.
struct CompiledTest: BitwiseCopyable {
  enum Kind: UInt8 {
    case null, no, yes, present
    /// Any of the strings, which are sorted by hash.
    case strings
    /// Any of the numbers, which are sorted.
    case numbers
    case numberText
    /// Two numbers, the bounds.
    case range
    case prefix, suffix
    case caseless, caselessPrefix, caselessSuffix
    /// Pooled strings, the parts between the stars.
    case wildcard
    case network
    /// Tests of which none may hold.
    case anythingBut
  }

  var kind: Kind
  var lowIsOpen = false
  var highIsOpen = false
  var content = Span32()
}

/// Builds the tables of a ``PredicateTable``.
struct PredicateTableBuilder {
  private var tests: [CompiledTest] = []
  private(set) var texts: [UInt8] = []
  private var strings: [PooledString] = []
  private var numbers: [Double] = []
  private var characters: [CaselessCharacter] = []
  private var networks: [AddressBlock] = []
  private var borders: [Int32] = []

  /// Longer parts of wildcards are searched with the help of their borders.
  static let maxPlainPart = 32

  func freeze(in arena: Arena) -> PredicateTable {
    PredicateTable(
      tests: arena.freeze(tests), texts: arena.freeze(texts), strings: arena.freeze(strings),
      numbers: arena.freeze(numbers), characters: arena.freeze(characters), networks: arena.freeze(networks),
      borders: arena.freeze(borders))
  }

  mutating func add(text: some Collection<UInt8>) -> Span32 {
    texts += text
    return Span32(first: Int32(texts.count - text.count), count: Int32(text.count))
  }

  /// Adds the tests of a condition next to each other; strings and numbers become one test each.
  mutating func add(_ alternatives: [ValueTest]) -> Span32 {
    var compiled: [CompiledTest] = []
    let texts = alternatives.compactMap { if case .string(let text) = $0 { text } else { nil } }
    if !texts.isEmpty { compiled.append(CompiledTest(kind: .strings, content: add(sorted: texts))) }
    let values = alternatives.compactMap { if case .number(.comparable(let value)) = $0 { value } else { nil } }
    if !values.isEmpty {
      numbers += Set(values).sorted()
      let count = Int32(Set(values).count)
      compiled.append(CompiledTest(kind: .numbers, content: Span32(first: Int32(numbers.count) - count, count: count)))
    }
    for test in alternatives {
      if let test = compile(test) { compiled.append(test) }
    }
    tests += compiled
    return Span32(first: Int32(tests.count - compiled.count), count: Int32(compiled.count))
  }

  private mutating func add(sorted texts: [[UInt8]]) -> Span32 {
    add(strings: Set(texts).map { (Fingerprint.of($0), $0) }.sorted { $0.0 < $1.0 })
  }

  private mutating func add(strings added: [(hash: UInt64, text: [UInt8])]) -> Span32 {
    for string in added { strings.append(PooledString(hash: string.hash, text: add(text: string.text))) }
    return Span32(first: Int32(strings.count - added.count), count: Int32(added.count))
  }

  private mutating func compile(_ test: ValueTest) -> CompiledTest? {
    switch test {
    case .string, .number(.comparable), .absent: nil
    case .null: CompiledTest(kind: .null)
    case .bool(let value): CompiledTest(kind: value ? .yes : .no)
    case .present: CompiledTest(kind: .present)
    case .number(.text(let text)): CompiledTest(kind: .numberText, content: add(text: text))
    case .prefix(let text): CompiledTest(kind: .prefix, content: add(text: text))
    case .suffix(let text): CompiledTest(kind: .suffix, content: add(text: text))
    case .range(let range): compile(range)
    case .caseless(let text): CompiledTest(kind: .caseless, content: add(text))
    case .caselessPrefix(let text): CompiledTest(kind: .caselessPrefix, content: add(text))
    case .caselessSuffix(let text): CompiledTest(kind: .caselessSuffix, content: add(text))
    case .wildcard(let wildcard):
      CompiledTest(kind: .wildcard, content: add(strings: wildcard.parts.map { (addBorders(of: $0), $0) }))
    case .network(let network): compile(network)
    case .anythingBut(let excluded): CompiledTest(kind: .anythingBut, content: add(excluded))
    }
  }

  private mutating func addBorders(of part: [UInt8]) -> UInt64 {
    guard part.count > PredicateTableBuilder.maxPlainPart else { return 0 }
    let first = borders.count
    var border = 0
    borders.append(0)
    for index in 1..<part.count {
      while border > 0, part[border] != part[index] { border = Int(borders[first + border - 1]) }
      if part[border] == part[index] { border += 1 }
      borders.append(Int32(border))
    }
    return UInt64(first)
  }

  private mutating func compile(_ range: NumberRange) -> CompiledTest {
    numbers += [range.low, range.high]
    let content = Span32(first: Int32(numbers.count - 2), count: 2)
    return CompiledTest(kind: .range, lowIsOpen: range.lowIsOpen, highIsOpen: range.highIsOpen, content: content)
  }

  private mutating func compile(_ network: AddressBlock) -> CompiledTest {
    networks.append(network)
    return CompiledTest(kind: .network, content: Span32(first: Int32(networks.count - 1), count: 1))
  }

  private mutating func add(_ text: CaselessText) -> Span32 {
    characters += text.characters
    return Span32(first: Int32(characters.count - text.characters.count), count: Int32(text.characters.count))
  }
}
