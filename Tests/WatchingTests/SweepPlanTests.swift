import Testing

@testable import Watching

@Suite struct SweepPlanTests {
  private struct Case: CustomTestStringConvertible {
    let places: [Int]
    let granted: Int
    let plan: (pages: Int, size: Int)

    var testDescription: String { "\(places) of \(granted) a page" }
  }

  private static let cases: [Case] = [
    Case(places: [], granted: 100, plan: (1, 20)),
    Case(places: [], granted: 3, plan: (1, 3)),
    Case(places: [0], granted: 100, plan: (1, 20)),
    // Nine places and the slack of ten make twenty, ten make thirty.
    Case(places: [9], granted: 100, plan: (1, 20)),
    Case(places: [10], granted: 100, plan: (1, 30)),
    Case(places: [99], granted: 100, plan: (1, 100)),
    // A single request costs no more than a second page.
    Case(places: [100], granted: 100, plan: (1, 20)),
    Case(places: [3, 100], granted: 100, plan: (1, 20)),
    Case(places: [100, 101], granted: 100, plan: (2, 100)),
    Case(places: [5, 250, 260, 270], granted: 100, plan: (3, 100)),
    Case(places: [5, 950, 960], granted: 100, plan: (1, 20)),
    Case(places: [0, 1, 2, 3], granted: 1, plan: (1, 1)),
    Case(places: [7], granted: 0, plan: (1, 1)),
  ]

  @Test(arguments: cases)
  private func `what moves is reached with the fewest requests`(expected: Case) {
    let plan = SweepPlan(places: expected.places, granted: expected.granted)
    #expect((plan.pages, plan.size) == expected.plan)
  }

  @Test func `no number of pages would cost less`() {
    for granted in 1...6 {
      for mask in 0..<1 << 9 {
        let places = (0..<9).filter { mask >> $0 & 1 == 1 }
        func cost(_ pages: Int) -> Int { pages + places.count { $0 >= pages * granted } }
        let plan = SweepPlan(places: places, granted: granted)
        #expect(cost(plan.pages) == (1...10).map(cost).min(), "\(places) of \(granted)")
      }
    }
  }
}
