internal import Runs

/// The list of runs as it was last read, in its order: what stood where, and how its bytes looked.
struct RunListCache: Sendable {
  struct Item: Sendable, Equatable {
    let id: String
    /// ``DocumentHash`` of the document.
    let hash: UInt64
    /// Of the document, in bytes.
    let length: Int
    /// Nil when the API did not say, so that nothing can be concluded from the item's place.
    let created: Timestamp?
    /// The run has not ended, and is watched.
    var isMoving: Bool
  }

  private(set) var items: [Item] = []
  private var places: [UInt64: Int] = [:]
  /// Places of the runs that move, ascending.
  private(set) var moving: [Int] = []
  /// The whole list was read, and every run in it was created before the one above it: what is new stands at the top.
  private(set) var isNewestFirst = false

  init() {}

  init(_ items: [Item], isNewestFirst: Bool) {
    self.items = items
    self.isNewestFirst = isNewestFirst
    places = Dictionary(items.enumerated().map { ($1.hash, $0) }) { first, _ in first }
    moving = items.indices.filter { items[$0].isMoving }
  }

  /// The item whose document has this hash.
  subscript(hash hash: UInt64) -> Item? {
    places[hash].map { items[$0] }
  }

  /// The whole list was read anew.
  mutating func replace(with seen: [Item], isNewestFirst: Bool) {
    if seen.count == items.count, isInPlace(seen) {
      patchTop(with: seen)
      self.isNewestFirst = isNewestFirst
    } else {
      self = RunListCache(seen, isNewestFirst: isNewestFirst)
    }
  }

  /// The top of the list was read anew: what was seen takes its place, and below it stays what is older than everything
  /// that was seen.
  ///
  /// - Parameter ids: of the items that were seen.
  mutating func replaceTop(with seen: [Item], ids: [String: Int]) {
    if isInPlace(seen) { return patchTop(with: seen) }
    let lowest = seen.last { $0.created != nil }?.created ?? Timestamp(milliseconds: .max)
    let rest = items.filter { item in ids[item.id] == nil && item.created.map { $0 <= lowest } ?? true }
    self = RunListCache(seen + rest, isNewestFirst: isNewestFirst)
  }

  private func isInPlace(_ seen: [Item]) -> Bool {
    seen.count <= items.count && !zip(seen, items).contains { $0.id != $1.id || $0.isMoving != $1.isMoving }
  }

  /// Nothing has come, gone or ended: a long list is not built anew because of a few documents.
  private mutating func patchTop(with seen: [Item]) {
    for (place, item) in seen.enumerated() where item != items[place] {
      if places[items[place].hash] == place { places[items[place].hash] = nil }
      places[item.hash] = place
      items[place] = item
    }
  }

  /// These runs, which were looked at one by one, don't move any more.
  mutating func settle(_ ids: Set<String>) {
    // The list's own bytes are kept, for they are what is seen again: a single answer may be laid out otherwise.
    for place in moving where ids.contains(items[place].id) { items[place].isMoving = false }
    moving.removeAll { !items[$0].isMoving }
  }
}

/// Recognises the items of a page by what stood on the list before, mostly in the same order, so that an unchanged item
/// is neither parsed nor even looked through for its end.
struct ItemRecogniser {
  private let list: RunListCache
  private let hash: DocumentHash
  /// The place that comes next if nothing has changed.
  private var next = 0
  /// Items since then that were not recognised.
  private var misses = 0
  /// For each item of the page so far, the place at which it was recognised.
  private(set) var found: [Int?] = []

  init(_ list: RunListCache, _ hash: DocumentHash) {
    self.list = list
    self.hash = hash
  }

  mutating func beginPage() {
    found = []
  }

  /// The length of the item that `bytes` begin with; nil when it is new or has changed.
  mutating func length(_ bytes: UnsafeRawBufferPointer) -> Int? {
    // After misses either runs were added above `next`, or as many runs from `next` on have changed.
    for place in misses == 0 ? [next] : [next, next + misses] where isItem(place, bytes) {
      (next, misses) = (place + 1, 0)
      found.append(place)
      return list.items[place].length
    }
    misses += 1
    found.append(nil)
    return nil
  }

  private func isItem(_ place: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard place < list.items.count else { return false }
    let item = list.items[place]
    guard item.length < bytes.count, bytes[item.length - 1] == UInt8(ascii: "}") else { return false }
    return hash(UnsafeRawBufferPointer(rebasing: bytes[..<item.length])) == item.hash
  }
}
