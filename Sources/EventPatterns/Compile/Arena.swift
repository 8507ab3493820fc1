/// Owns the tables of a compiled set: plain memory, written while the set is built and only read afterwards.
///
/// `@unchecked`: the compiler can't see that nothing is written after building. `blocks` is private, and ``freeze(_:)`` is
/// called only before the set is handed out.
final class Arena: @unchecked Sendable {
  private var blocks: [UnsafeMutableRawPointer] = []
  /// Allocated memory in bytes.
  private(set) var size = 0

  func freeze<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element> {
    let base = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
    elements.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { base.initialize(from: start, count: source.count) }
    }
    blocks.append(UnsafeMutableRawPointer(base))
    size += max(elements.count, 1) * MemoryLayout<Element>.stride
    return UnsafePointer(base)
  }

  deinit {
    for block in blocks { block.deallocate() }
  }
}

/// A table of values by a 64-bit key, with open addressing; half of the slots stay empty.
struct HashTable<Value: BitwiseCopyable>: @unchecked Sendable {
  struct Slot: BitwiseCopyable {
    var key: UInt64
    var value: Value
  }

  /// `@unchecked`: read-only, and kept alive by the owner's arena; see ``Arena``.
  private let slots: UnsafePointer<Slot>
  private let mask: Int

  /// `empty` marks unused slots. No key is 0.
  init(_ entries: [(key: UInt64, value: Value)], empty: Value, in arena: Arena) {
    var capacity = 2
    while capacity < entries.count * 2 { capacity *= 2 }
    var slots = [Slot](repeating: Slot(key: 0, value: empty), count: capacity)
    for entry in entries {
      var index = Int(truncatingIfNeeded: entry.key) & (capacity - 1)
      while slots[index].key != 0 { index = (index + 1) & (capacity - 1) }
      slots[index] = Slot(key: entry.key, value: entry.value)
    }
    self.slots = arena.freeze(slots)
    mask = capacity - 1
  }

  /// The first value with this key for which `accepts` returns true.
  @inline(__always)
  func find(_ key: UInt64, where accepts: (Value) -> Bool) -> Value? {
    var index = Int(truncatingIfNeeded: key) & mask
    while true {
      let slot = slots[index]
      if slot.key == key, accepts(slot.value) { return slot.value }
      if slot.key == 0 { return nil }
      index = (index &+ 1) & mask
    }
  }
}
