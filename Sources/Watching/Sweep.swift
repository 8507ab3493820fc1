internal import Runs

/// What one look at the source showed. Nothing of it counts before it was read to its end.
struct Sweep: Sendable {
  /// Runs whose document is new or differs from the last one, by id; of a run that stood on two pages the later read.
  private(set) var findings: [String: Finding] = [:]
  /// Likewise of runs of which nobody is told; no run is in both.
  private(set) var quiet: [String: QuietFinding] = [:]
  /// What stood on the pages that were read, in their order, each run once.
  var items: [KnownList.Item] = []
  /// Where each run stands in `items`.
  var places: [String: Int] = [:]
  /// Hashes of documents that were asked for one by one, by run.
  var hashes: [String: UInt64] = [:]
  /// What could not be read as a run; the others are served.
  var malformed: [MalformedRun] = []
  /// Runs that were asked for by their id and do not exist.
  var missing: [String] = []
  /// The whole list was read, and not only its top.
  var isWhole = false
  /// What the server grants on one page; nil when one page was the whole list.
  var granted: Int?
  /// Items that could be asked for on one page.
  var pageSize = 0

  /// The runs of the pages were created one before the other; false where nothing shows that.
  var isNewestFirst: Bool {
    let times = items.compactMap(\.created)
    let pairs = zip(times, times.dropFirst())
    return !pairs.contains { $0 < $1 } && pairs.contains { $0 > $1 }
  }

  /// Some run was created after one that stands above it.
  var isOutOfOrder: Bool {
    let times = items.compactMap(\.created)
    return zip(times, times.dropFirst()).contains { $0 < $1 }
  }

  mutating func note(_ finding: Finding) {
    findings[finding.run.id] = finding
    quiet[finding.run.id] = nil
  }

  mutating func note(_ finding: QuietFinding, of id: String) {
    quiet[id] = finding
    findings[id] = nil
  }

  mutating func add(_ item: KnownList.Item) {
    if let place = places[item.id] {
      items[place] = item
    } else {
      places[item.id] = items.count
      items.append(item)
    }
  }

  /// Room for as many items as there were last time.
  mutating func reserve(_ count: Int) {
    items.reserveCapacity(count)
    places.reserveCapacity(count)
  }
}
