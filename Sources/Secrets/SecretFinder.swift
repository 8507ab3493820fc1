/// Finds every place at which one of many texts stands, in one pass over the bytes. Pure.
struct SecretFinder: Sendable {
  /// Every text has at least so many bytes.
  static let shortest = 4

  /// By their first four bytes and their length, the longest first: many may begin alike, as the paths of one service do.
  private var texts: [UInt32: [(length: Int, texts: Set<[UInt8]>)]] = [:]
  /// One bit for each value that ``Self/slot(_:)`` has for such bytes: most of a text is passed over by one look at it.
  private var filter = [UInt64](repeating: 0, count: 1024)

  init(_ texts: some Sequence<String>) {
    let all = texts.map { Array($0.utf8) }.filter { $0.count >= Self.shortest }
    let byStart = Dictionary(grouping: all) { bytes in bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) } }
    for (start, texts) in byStart {
      let byLength = Dictionary(grouping: texts, by: \.count)
      self.texts[start] = byLength.map { ($0, Set($1)) }.sorted { $0.length > $1.length }
      filter[Self.slot(start) >> 6] |= 1 << UInt64(Self.slot(start) & 63)
    }
  }

  private static func slot(_ start: UInt32) -> Int {
    Int((start &* 0x9E37_79B1) >> 16)
  }

  /// The ranges that the texts cover, in order; those that overlap are one.
  func ranges(in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
    guard !texts.isEmpty, bytes.count >= Self.shortest else { return [] }
    var ranges: [Range<Int>] = []
    for position in 0...bytes.count - Self.shortest {
      let start = bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
      let slot = Self.slot(start)
      guard filter[slot >> 6] & (1 << UInt64(slot & 63)) != 0, let count = longest(start, bytes, position) else {
        continue
      }
      let end = position + count
      if let last = ranges.last, position < last.upperBound {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, end)
      } else {
        ranges.append(position..<end)
      }
    }
    return ranges
  }

  private func longest(_ start: UInt32, _ bytes: UnsafeRawBufferPointer, _ position: Int) -> Int? {
    texts[start]?.first { length, texts in
      position + length <= bytes.count && texts.contains(Array(bytes[position..<position + length]))
    }?.length
  }
}
