/// A 64-bit hash of a text that the scan computes while it looks for the text's end, eight bytes at a time.
///
/// It doesn't protect against chosen collisions, so users of it compare the texts.
struct Fingerprint {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Adds the next eight bytes, or the last ones padded with zeros.
  @inline(__always)
  mutating func add(_ word: UInt64) {
    state = (state ^ word) &* 0xFF51_AFD7_ED55_8CCD
    state ^= state &>> 32
  }

  @inline(__always)
  func finished(count: Int) -> UInt64 {
    let mixed = (state ^ UInt64(truncatingIfNeeded: count)) &* 0xC4CE_B9FE_1A85_EC53
    return mixed ^ (mixed &>> 29)
  }

  static func of(_ text: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    var fingerprint = Fingerprint()
    var position = 0
    while position &+ 8 <= count {
      fingerprint.add(UnsafeRawPointer(text + position).loadUnaligned(as: UInt64.self))
      position &+= 8
    }
    if position < count {
      var word: UInt64 = 0
      for index in position..<count { word |= UInt64(text[index]) &<< UInt64((index &- position) &* 8) }
      fingerprint.add(word)
    }
    return fingerprint.finished(count: count)
  }

  static func of(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return Fingerprint().finished(count: 0) }
      return of(base, buffer.count)
    }
  }

  /// Combines a hash with the small number of its owner.
  @inline(__always)
  static func mix(_ hash: UInt64, _ owner: Int32, _ kind: UInt8 = 0) -> UInt64 {
    let number = UInt64(UInt32(bitPattern: owner)) &<< 8 | UInt64(kind)
    let mixed = (hash ^ (number &* 0x9E37_79B9_7F4A_7C15)) &* 0xFF51_AFD7_ED55_8CCD
    // Never 0, which marks an empty slot in tables.
    return (mixed ^ (mixed &>> 32)) | 1 &<< 63
  }
}
