import Runs

/// How a source lies in one seed, and how it is watched.
struct Temper {
  enum Order: CaseIterable { case newestFirst, oldestFirst, byName, byUpdate }
  enum Paging: CaseIterable { case cursor, offset, number }

  let order: Order
  let paging: Paging
  /// Most items on a page.
  let cap: Int
  /// Larger pages are refused with 400; nil: they are cut down in silence.
  let refusesAbove: Int?
  /// The server gives `cap` items whatever is asked for.
  let ignoresSize: Bool
  let runs: Int
  let sweeps: Int
  /// How much happens between two sweeps, and between two pages; at most so many changes.
  let between: Int
  let during: Double
  let deletes: Bool
  let backdates: Bool
  let unreadable: Double
  let fault: Double
  let wrong404: Double
  /// Of an answer about one run that says nothing about it: 503, 401, or cut.
  let wrongAnswer: Double
  let emptyEnd: Bool
  let restart: Double
  let crash: Double
  let jump: Double
  /// Milliseconds by which the source's clock is ahead of ours.
  let skew: Int64
  let fullSweep: Duration
  let takesAll: Bool
  let isNamed: Bool
  let holds: Bool

  init(_ draw: inout SeededDraw) {
    order = draw.pick([.newestFirst, .newestFirst, .newestFirst] + Order.allCases)
    paging = draw.pick(Paging.allCases)
    cap = draw.pick([1, 3, 3, 10, 10, 100])
    refusesAbove = draw.happens(0.1) ? max(1, cap) : nil
    ignoresSize = refusesAbove == nil && draw.happens(0.2)
    runs = draw.below(cap == 1 ? 6 : 10)
    sweeps = 2 + draw.below(8)
    between = draw.pick([0, 1, 2, 5])
    during = draw.pick([0, 0, 0.1, 0.5])
    deletes = draw.happens(0.6)
    backdates = draw.happens(0.2)
    unreadable = draw.pick([0, 0, 0.1, 0.3])
    fault = draw.pick([0, 0, 0.02, 0.1])
    wrong404 = draw.pick([0, 0, 0.1, 0.5])
    wrongAnswer = draw.pick([0, 0.05, 0.3])
    emptyEnd = draw.happens(0.2)
    restart = draw.pick([0, 0, 0.1, 0.3])
    crash = draw.pick([0, 0, 0.1, 0.3])
    jump = draw.pick([0, 0, 0, 0.1])
    skew = draw.pick([0, 0, 0, 90_000, -90_000])
    fullSweep = draw.pick([.seconds(1), .seconds(120), .seconds(900)])
    takesAll = draw.happens(0.3)
    isNamed = draw.happens(0.3)
    holds = draw.happens(0.3)
  }
}
