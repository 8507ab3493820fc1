internal import Runs
internal import Storage
internal import ViAPI

/// The results of one sweep. Not valid before it is complete.
struct Sweep: Sendable {
  /// Runs whose document is new or changed, by id; of a run on two pages, the later reading.
  private(set) var observations: [String: Observation] = [:]
  /// The same for runs that nobody is notified about; no run is in both.
  private(set) var quiet: [String: UnchangedObservation] = [:]
  /// Transitions of runs that were on two pages and had moved on by the second.
  private(set) var passed: [Observation] = []
  /// The items on the pages that were read, in order, each run once.
  var items: [RunListCache.Item] = []
  /// The index of each run in `items`.
  var places: [String: Int] = [:]
  /// Hashes of documents that were requested one by one, by run.
  var hashes: [String: UInt64] = [:]
  /// Items that can't be read as a run; the others are processed.
  var malformed: [MalformedRun] = []
  /// Runs with an event whose documents didn't fit into memory: the next sweep takes them.
  private(set) var postponed: Set<String> = []
  /// The memory that the observations will hold.
  private var heldBytes = 0
  /// The limit for documents and their events together.
  private static let maxBytes = 64 << 20
  /// The document itself, and the event's data and body that contain it.
  private static let copies = 3

  /// Runs whose documents had to be repaired, and the faults.
  var mended: [String: String] = [:]
  /// Runs that were requested by id and don't exist.
  var missing: [String] = []
  /// Runs that were requested by id without a usable answer, and the errors. Their state is unchanged.
  var faults: [String: SourceError] = [:]
  /// The whole list was read, not only its top; for named runs: all were requested.
  var isWhole = false
  /// Only runs in doubt were requested: nothing is known of the others.
  var isSecondLook = false
  /// The page size that the server grants; nil if one page was the whole list.
  var granted: Int?
  /// The requested page size.
  var pageSize = 0

  /// The runs of the pages are in descending order of creation; false if unknown.
  var isNewestFirst: Bool {
    let times = items.compactMap(\.created)
    let pairs = zip(times, times.dropFirst())
    return !pairs.contains { $0 < $1 } && pairs.contains { $0 > $1 }
  }

  /// Some run was created after one above it.
  var isOutOfOrder: Bool {
    let times = items.compactMap(\.created)
    return zip(times, times.dropFirst()).contains { $0 < $1 }
  }

  /// Runs that were on no page, not even with an unreadable document.
  func unseen(of ids: Set<String>) -> Set<String> {
    let unreadable = Set(malformed.compactMap(\.id))
    return ids.filter { places[$0] == nil && !unreadable.contains($0) && !postponed.contains($0) }
  }

  /// The wait that the source asked for.
  var hold: Duration? { faults.values.compactMap(\.retryAfter).max() }

  /// Runs that have ended, or are no longer watched.
  var ended: Set<String> { Set(observations.lazy.filter { !$0.value.isMoving }.map(\.key)) }

  /// Whether the run's document was seen.
  func saw(_ id: String) -> Bool {
    places[id] != nil || hashes[id] != nil
  }

  /// What this sweep has found of a run so far.
  func earlier(_ id: String) -> (entry: Ledger.Entry?, isNew: Bool)? {
    observations[id].map { ($0.entry, $0.isNew) } ?? quiet[id].map { ($0.entry, $0.isNew) }
  }

  /// Whether an observation fits into memory. If not, its run is ``postponed``; a single one always fits.
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

  /// Reserves memory for this many items.
  mutating func reserve(_ count: Int) {
    items.reserveCapacity(count)
    places.reserveCapacity(count)
  }
}
