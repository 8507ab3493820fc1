/// Finds every place at which one of many texts stands, in one pass over the bytes. Pure.
struct SecretFinder: Sendable {
  /// Every text has at least so many bytes.
  static let shortest = 4

  /// By their first four bytes.
  private var texts: [UInt32: [[UInt8]]] = [:]
  /// One bit for each value that ``Self/slot(_:)`` has for such bytes: most of a text is passed over by one look at it.
  private var filter = [UInt64](repeating: 0, count: 1024)

  init(_ texts: some Sequence<String>) {
    for text in texts {
      let bytes = Array(text.utf8)
      guard bytes.count >= Self.shortest else { continue }
      let start = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
      self.texts[start, default: []].append(bytes)
      filter[Self.slot(start) >> 6] |= 1 << UInt64(Self.slot(start) & 63)
    }
    for start in self.texts.keys { self.texts[start]?.sort { $0.count > $1.count } }
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
      guard filter[slot >> 6] & (1 << UInt64(slot & 63)) != 0, let count = longest(start, bytes[position...]) else {
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

  private func longest(_ start: UInt32, _ bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
    texts[start]?.first { bytes.starts(with: $0) }?.count
  }
}
