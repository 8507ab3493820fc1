/// Distinguishes documents by 64 bits, with a key that is new in every process, so that nobody outside can craft two that collide.
///
/// Two lanes of folded multiplications (the construction of wyhash and rapidhash), 32 bytes per step. Most documents a watcher reads
/// are unchanged, and hashing is all it does with them.
struct DocumentHash: Sendable {
  private let key: (UInt64, UInt64, UInt64)

  init() {
    key = (.random(in: 1 ... .max), .random(in: 1 ... .max), .random(in: 1 ... .max))
  }

  func callAsFunction(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var (first, second) = (key.0, key.1)
    var position = 0
    while position + 32 <= bytes.count {
      first = Self.fold(first ^ bytes.word(at: position), key.2 ^ bytes.word(at: position + 8))
      second = Self.fold(second ^ bytes.word(at: position + 16), key.2 ^ bytes.word(at: position + 24))
      position += 32
    }
    while position < bytes.count {
      let end = min(position + 8, bytes.count)
      var word: UInt64 = 0
      for index in position..<end { word = word << 8 | UInt64(bytes[index]) }
      first = Self.fold(first ^ word, key.2)
      position = end
    }
    // Not `key.1`: after a short document `second` still equals it, and only zeros would be left.
    return Self.fold(first ^ UInt64(bytes.count), second ^ key.2)
  }

  private static func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
    let product = one.multipliedFullWidth(by: other)
    return product.high ^ product.low
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func word(at position: Int) -> UInt64 {
    loadUnaligned(fromByteOffset: position, as: UInt64.self)
  }
}
