import TestSupport
import Testing

@testable import Models

@Suite struct PiecePlanTests {
  @Test func `pieces cover the whole without a gap, and the last is what is left`() {
    var plan = PiecePlan(total: 1_000, pieceSize: 300)
    var ranges: [Range<Int64>] = []
    while let piece = plan.take() { ranges.append(piece.range) }
    #expect(ranges == [0..<300, 300..<600, 600..<900, 900..<1_000])
  }

  @Test func `what is there already is not given out again`() {
    var plan = PiecePlan(total: 1_000, pieceSize: 300, finished: [0, 2, 2, 17, -1])
    #expect(plan.bytes == 600)
    #expect(plan.take()?.index == 1)
    #expect(plan.take()?.index == 3)
    #expect(plan.take() == nil)
  }

  @Test func `a piece that was given back goes on where it was`() {
    var plan = PiecePlan(total: 1_000, pieceSize: 300)
    #expect(plan.take()?.index == 0)
    plan.advance(0, by: 120)
    plan.giveBack(0)
    #expect(plan.take() == PiecePlan.Piece(index: 0, range: 120..<300))
    #expect(plan.bytes == 120)
    plan.advance(0, by: 180)
    plan.finish(0)
    plan.giveBack(0)
    #expect(plan.bytes == 300)
    #expect(plan.take()?.index == 1)
  }

  @Test func `an empty archive is complete from the start`() {
    #expect(PiecePlan(total: 0, pieceSize: 300).isComplete)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8])
  func `whatever is taken, broken off and given back, every byte is fetched once`(seed: UInt64) {
    var chance = SeededGenerator(seed: seed)
    let total = Int64.random(in: 1...5_000, using: &chance)
    var plan = PiecePlan(total: total, pieceSize: Int64.random(in: 1...900, using: &chance))
    var fetched = [Int](repeating: 0, count: Int(total))
    var held: [PiecePlan.Piece] = []
    while !plan.isComplete {
      if Bool.random(using: &chance), let piece = plan.take() { held.append(piece) }
      guard let place = held.indices.randomElement(using: &chance) else { continue }
      let rest = plan.rest(of: held[place].index)
      let count = Int64.random(in: 0...Int64(rest.count), using: &chance)
      for byte in rest.prefix(Int(count)) { fetched[Int(byte)] += 1 }
      plan.advance(held[place].index, by: count)
      guard Int64(rest.count) == count || Int.random(in: 0..<3, using: &chance) == 0 else { continue }
      if Int64(rest.count) == count { plan.finish(held[place].index) } else { plan.giveBack(held[place].index) }
      held.remove(at: place)
    }
    #expect(fetched.allSatisfy { $0 == 1 }, "seed \(seed)")
    #expect(plan.bytes == total)
  }
}
