/// Finds every occurrence of many secrets in any spelling, in one pass over the bytes and one more for each layer of escapes
/// in them. Pure.
struct SecretFinder: Sendable {
  /// The length of the shortest spelling, in bytes.
  private static let shortest = Redactor.shortest

  /// By the first six bytes and the length, longest first: many may share a prefix, like the paths of one service.
  private var texts: [UInt64: [(length: Int, texts: Set<[UInt8]>)]] = [:]
  /// A bit for each value of ``slot(_:)`` that occurs: one lookup skips most of a text.
  private var filter: [UInt64]
  /// The number of bits in a slot's number: at least sixteen slots for each spelling.
  private let width: UInt64

  init(_ secrets: some Collection<String>) {
    let spellings = secrets.flatMap { SecretSpellings.all(of: $0) }
    var width: UInt64 = 16
    while width < 22, 1 << width < 16 * spellings.count { width += 1 }
    self.width = width
    filter = [UInt64](repeating: 0, count: 1 << (Int(width) - 6))
    let byStart = Dictionary(grouping: spellings) { bytes in bytes.withUnsafeBytes { Self.start($0, 0) } }
    for (start, texts) in byStart {
      let byLength = Dictionary(grouping: texts, by: \.count)
      self.texts[start] = byLength.map { ($0, Set($1)) }.sorted { $0.length > $1.length }
      filter[slot(start) >> 6] |= 1 << UInt64(slot(start) & 63)
    }
  }

  /// The ranges that secrets cover, sorted; overlapping ranges are merged.
  func ranges(in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
    guard !texts.isEmpty, bytes.count >= Self.shortest else { return [] }
    var ranges = plainRanges(in: bytes)
    for layer in Unescaped.layers(of: bytes) {
      ranges += layer.bytes.withUnsafeBytes(plainRanges).map(layer.source(of:))
    }
    return ranges.count < 2 ? ranges : Self.union(ranges)
  }

  private static func union(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var union: [Range<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = union.last, range.lowerBound < last.upperBound {
        union[union.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        union.append(range)
      }
    }
    return union
  }

  private func plainRanges(in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
    guard bytes.count >= Self.shortest else { return [] }
    var ranges: [Range<Int>] = []
    filter.withUnsafeBufferPointer { filter in
      for position in 0...bytes.count - Self.shortest {
        let start = Self.start(bytes, position)
        let slot = slot(start)
        guard filter[slot >> 6] & (1 << UInt64(slot & 63)) != 0, let count = longest(start, bytes, position) else {
          continue
        }
        ranges.append(position..<position + count)
      }
    }
    return ranges
  }

  private static func start(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> UInt64 {
    UInt64(bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
      | UInt64(bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt16.self)) << 32
  }

  private func slot(_ start: UInt64) -> Int {
    Int((start &* 0x9E37_79B9_7F4A_7C15) >> (64 - width))
  }

  private func longest(_ start: UInt64, _ bytes: UnsafeRawBufferPointer, _ position: Int) -> Int? {
    texts[start]?.first { length, texts in
      position + length <= bytes.count && texts.contains(Array(bytes[position..<position + length]))
    }?.length
  }
}
