/// Searches, for conditions in the order of their paths, array elements that are consistent with each other.
///
/// Backtracking that skips choices unrelated to a dead end (P. Prosser's conflict-directed backjumping), so that independent
/// arrays don't multiply.
struct ConsistencySearch: ~Copyable {
  /// One condition and the ways tried so far. (Not private, because Swift 6.3.1 then fails to link a generic over it.)
  struct Position: BitwiseCopyable {
    var finding: ConditionResult
    var field: Int32
    /// The number of ways tried: the elements, then a match outside of arrays, then absence.
    var tried: Int32 = 0
    /// The chosen element, or -1.
    var chosen: Int32 = -1
    /// The earlier positions that ruled out a way, as bits.
    var conflicts: UInt64 = 0
  }

  private var positions = Scratch<Position>()

  mutating func begin() {
    positions.removeAll()
  }

  mutating func add(_ finding: ConditionResult, field: Int32) {
    positions.append(Position(finding: finding, field: field))
  }

  mutating func run(_ options: UnsafePointer<Int32>, _ notes: borrowing EventNotes) -> Bool {
    var current = 0
    while current < positions.count {
      if choose(at: current, options, notes) {
        current += 1
        if current < positions.count {
          positions[current].tried = 0
          positions[current].conflicts = 0
        }
        continue
      }
      // With more positions than bits, blame the nearest one. That is correct, only slower.
      let conflicts = positions.count <= 64 ? positions[current].conflicts : current > 0 ? 1 : 0
      guard conflicts != 0 else { return false }
      let guilty = positions.count <= 64 ? 63 - conflicts.leadingZeroBitCount : current - 1
      positions[guilty].conflicts |= conflicts & ~(1 << UInt64(guilty))
      current = guilty
    }
    return true
  }

  /// Takes the next way to meet a condition that is consistent with the choices before it.
  private mutating func choose(at index: Int, _ options: UnsafePointer<Int32>, _ notes: borrowing EventNotes) -> Bool {
    var position = positions[index]
    defer { positions[index] = position }
    let count = position.finding.options.count
    while position.tried < count {
      position.chosen = options[Int(position.finding.options.first + position.tried)]
      position.tried += 1
      guard let guilty = firstConflict(of: position.chosen, before: index, notes) else { return true }
      position.conflicts |= 1 << UInt64(guilty & 63)
    }
    position.chosen = -1
    while position.tried < count + 2 {
      position.tried += 1
      if position.tried == count + 1, position.finding.isFree { return true }
      guard position.tried == count + 2, position.finding.mayBeAbsent else { continue }
      guard let blocking = leafInTheWay(of: position.field, before: index, notes) else { return true }
      position.conflicts |= positions(before: index, thatCouldAvoid: blocking, options, notes)
    }
    return false
  }

  private func firstConflict(of element: Int32, before index: Int, _ notes: borrowing EventNotes) -> Int? {
    for earlier in 0..<index where !notes.areConsistent(element, positions.base[earlier].chosen) { return earlier }
    return nil
  }

  /// A leaf's element of the field that is consistent with all chosen elements, if there is one.
  private func leafInTheWay(of field: Int32, before index: Int, _ notes: borrowing EventNotes) -> Int32? {
    var leaf = notes.firstLeaf(of: field)
    while leaf >= 0 {
      let value = notes.leaves.base[Int(leaf)]
      if firstConflict(of: value.element, before: index, notes) == nil { return value.element }
      leaf = value.next
    }
    return nil
  }

  /// The positions, as bits, whose choice may be inconsistent with `element`.
  private func positions(
    before index: Int, thatCouldAvoid element: Int32, _ options: UnsafePointer<Int32>, _ notes: borrowing EventNotes
  ) -> UInt64 {
    var bits: UInt64 = 0
    for earlier in 0..<index {
      let own = positions.base[earlier].finding.options
      if own.indices.contains(where: { !notes.areConsistent(options[$0], element) }) {
        bits |= 1 << UInt64(earlier & 63)
      }
    }
    return bits
  }
}
