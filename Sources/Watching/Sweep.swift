internal import Runs
internal import Storage
internal import ViAPI

/// What one look at the source showed. Nothing of it counts before it was read to its end.
struct Sweep: Sendable {
  /// Runs whose document is new or differs from the last one, by id; of a run that stood on two pages the later read.
  private(set) var observations: [String: Observation] = [:]
  /// Likewise of runs of which nobody is told; no run is in both.
  private(set) var quiet: [String: UnchangedObservation] = [:]
  /// Transitions of runs that stood on two pages and had moved on by the second.
  private(set) var passed: [Observation] = []
  /// What stood on the pages that were read, in their order, each run once.
  var items: [RunListCache.Item] = []
  /// Where each run stands in `items`.
  var places: [String: Int] = [:]
  /// Hashes of documents that were asked for one by one, by run.
  var hashes: [String: UInt64] = [:]
  /// What could not be read as a run; the others are served.
  var malformed: [MalformedRun] = []
  /// Runs of which something is to be told, and whose documents found no room: the next sweep takes them.
  private(set) var postponed: Set<String> = []
  /// What will be held in memory of what was found.
  private var heldBytes = 0
  /// Of documents and the events that are made of them, all together.
  private static let maxBytes = 64 << 20
  /// The document itself, and the event's data and body that hold it.
  private static let copies = 3

  /// Runs that were read although their documents are no JSON, and what is wrong with these.
  var mended: [String: String] = [:]
  /// Runs that were asked for by their id and do not exist.
  var missing: [String] = []
  /// Runs that were asked for by their id without an answer about them, and why. They are as they were.
  var faults: [String: SourceError] = [:]
  /// The whole list was read, and not only its top; of named runs: all were asked for.
  var isWhole = false
  /// Only runs in doubt were asked for: nothing can be said of any other.
  var isSecondLook = false
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

  /// Those that stood on no page, not even as a document that can't be read.
  func unseen(of ids: Set<String>) -> Set<String> {
    let unreadable = Set(malformed.compactMap(\.id))
    return ids.filter { places[$0] == nil && !unreadable.contains($0) && !postponed.contains($0) }
  }

  /// The source asked to be left alone for so long.
  var hold: Duration? { faults.values.compactMap(\.retryAfter).max() }

  /// Runs that have ended, or are not watched any more.
  var ended: Set<String> { Set(observations.lazy.filter { !$0.value.isMoving }.map(\.key)) }

  /// Whether the run's document was seen.
  func saw(_ id: String) -> Bool {
    places[id] != nil || hashes[id] != nil
  }

  /// What has been found of a run so far.
  func earlier(_ id: String) -> (entry: Ledger.Entry?, isNew: Bool)? {
    observations[id].map { ($0.entry, $0.isNew) } ?? quiet[id].map { ($0.entry, $0.isNew) }
  }

  /// Whether a observation can be held. Where it can't, its run counts as ``postponed``; one alone always can.
  mutating func hasRoom(for observation: Observation) -> Bool {
    let bytes = observation.run.heldBytes * (observation.isTransition ? Self.copies : 1)
    guard heldBytes == 0 || heldBytes + bytes <= Self.maxBytes else {
      postponed.insert(observation.run.id)
      return false
    }
    heldBytes += bytes
    return true
  }

  mutating func note(_ observation: Observation) {
    let id = observation.run.id
    if let earlier = observations.updateValue(observation, forKey: id), earlier.isTransition { passed.append(earlier) }
    quiet[id] = nil
  }

  /// - Parameter id: of a run that is not in ``observations``.
  mutating func note(_ observation: UnchangedObservation, of id: String) {
    quiet[id] = observation
  }

  mutating func add(_ item: RunListCache.Item) {
    if let place = places[item.id] {
      items[place] = item
    } else {
      places[item.id] = items.count
      items.append(item)
    }
  }

  /// Makes room for so many items.
  mutating func reserve(_ count: Int) {
    items.reserveCapacity(count)
    places.reserveCapacity(count)
  }
}
