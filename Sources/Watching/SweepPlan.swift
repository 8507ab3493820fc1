/// How a sweep reaches the active runs: by the first pages of the list, and one by one if they are further down, whichever
/// takes fewer requests.
struct SweepPlan: Equatable {
  /// The smallest useful page.
  static let smallestPage = 20
  /// Additional items, for runs created meanwhile.
  static let slack = 10

  /// At least 1, because new runs are on the first page.
  let pages: Int
  let size: Int

  /// - Parameters:
  ///   - places: of the active runs, ascending.
  ///   - granted: the largest page that the server grants.
  init(places: [Int], granted: Int) {
    let granted = max(1, granted)
    var best = (pages: 1, requests: Int.max)
    var behind = places.count
    var index = 0
    // For each number of pages that reaches some run, the remaining runs are requested one by one.
    for pages in [1] + places.map({ $0 / granted + 1 }) {
      while index < places.count, places[index] < pages * granted {
        index += 1
        behind -= 1
      }
      if pages + behind < best.requests { best = (pages, pages + behind) }
    }
    pages = best.pages
    guard best.pages == 1 else {
      size = granted
      return
    }
    let deepest = places.last { $0 < granted } ?? 0
    size = min(granted, max(Self.smallestPage, (deepest + 1 + Self.slack + 9) / 10 * 10))
  }
}
