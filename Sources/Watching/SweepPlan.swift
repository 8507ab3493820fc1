/// How a sweep is to reach the runs that still move: by the first pages of the list, and one by one where they stand
/// further down; whichever takes fewer requests.
struct SweepPlan: Equatable {
  /// Fewer items than this are not worth asking for.
  static let smallestPage = 20
  /// So many more than needed: room for runs that were created meanwhile.
  static let slack = 10

  /// At least 1: what is new stands on the first page.
  let pages: Int
  let size: Int

  /// - Parameters:
  ///   - places: of the runs that move, ascending.
  ///   - granted: the largest page that the server gives.
  init(places: [Int], granted: Int) {
    let granted = max(1, granted)
    var best = (pages: 1, requests: Int.max)
    var behind = places.count
    var index = 0
    // With so many pages as reach some run, the runs that are left over are asked for one by one.
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
