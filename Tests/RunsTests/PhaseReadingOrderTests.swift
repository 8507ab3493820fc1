import TestSupport
import Testing

@testable import Runs

/// The position of an entry means nothing: no order of the list changes anything of the reading.
struct PhaseReadingOrderTests {
  private static let names = [
    "Pending", "Queued", "Started", "Running", "Succeeded", "Completed", "Finished", "Failed", "Error", "Cancelled",
    "Killed", "Exported",
  ]

  @Test(arguments: UInt64(0)..<200)
  func `every permutation of a list gives the same reading`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let conditions = (0..<Int.random(in: 1...5, using: &random)).map { _ in Self.condition(&random) }
    let killedAt: Int64? = Bool.random(using: &random) ? .random(in: 1...3, using: &random) : nil
    let expected = PhaseReading(conditions, killedAt: killedAt)
    let differing = Self.permutations(conditions).filter { PhaseReading($0, killedAt: killedAt) != expected }
    #expect(differing.isEmpty, "seed \(seed)")
  }

  @Test func `of two entries that say the same at the same time one is chosen, whichever stands first`() {
    let one = Condition(name: "Failed", status: .reached, time: Timestamp(milliseconds: 5), message: "disk full")
    let other = Condition(name: "Failed", status: .reached, time: Timestamp(milliseconds: 5), message: "no memory")
    #expect(PhaseReading([one, other]) == PhaseReading([other, one]))
  }

  private static func condition(_ random: inout SeededGenerator) -> Condition {
    Condition(
      name: names[Int.random(in: names.indices, using: &random)],
      status: [.waiting, .reached, .reached, .failedReach][Int.random(in: 0..<4, using: &random)],
      time: Timestamp(milliseconds: .random(in: 1...3, using: &random)),
      reason: [nil, "OOM"][Int.random(in: 0..<2, using: &random)],
      message: [nil, "a", "b"][Int.random(in: 0..<3, using: &random)])
  }

  private static func permutations(_ list: [Condition]) -> [[Condition]] {
    guard list.count > 1 else { return [list] }
    return list.indices.flatMap { index in
      var rest = list
      let first = rest.remove(at: index)
      return permutations(rest).map { [first] + $0 }
    }
  }
}
