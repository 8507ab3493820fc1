internal import Runs

/// The list of runs as last read: the order of its items, and a hash of each.
struct RunListCache: Sendable {
  struct Item: Sendable, Equatable {
    let id: String
    /// ``DocumentHash`` of the document.
    let hash: UInt64
    /// Of the document, in bytes.
    let length: Int
    /// Nil if the API didn't say, so that the item's place means nothing.
    let created: Timestamp?
    /// The run has not ended and is watched.
    var isMoving: Bool
  }

  private(set) var items: [Item] = []
  private var places: [UInt64: Int] = [:]
  /// The places of active runs, ascending.
  private(set) var moving: [Int] = []
  /// The whole list was read, and every run was created before the one above it, so new runs are at the top.
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

  /// Replaces the whole list.
  mutating func replace(with seen: [Item], isNewestFirst: Bool) {
    if seen.count == items.count, isInPlace(seen) {
      patchTop(with: seen)
      self.isNewestFirst = isNewestFirst
    } else {
      self = RunListCache(seen, isNewestFirst: isNewestFirst)
    }
  }

  /// Replaces the top of the list by what was seen; below it stays what is older than everything seen.
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

  /// Nothing was added, removed or ended: avoids rebuilding a long list for a few changed documents.
  private mutating func patchTop(with seen: [Item]) {
    for (place, item) in seen.enumerated() where item != items[place] {
      if places[items[place].hash] == place { places[items[place].hash] = nil }
      places[item.hash] = place
      items[place] = item
    }
  }

  /// Marks runs that were asked for one by one as ended.
  mutating func settle(_ ids: Set<String>) {
    // Keep the list's own hash, because the list will show those bytes again; a single answer may be formatted differently.
    for place in moving where ids.contains(items[place].id) { items[place].isMoving = false }
    moving.removeAll { !items[$0].isMoving }
  }
}

/// Recognises the items of a page by the previous list, mostly in the same order, so that an unchanged item is neither parsed nor
/// scanned for its end.
struct ItemRecogniser {
  private let list: RunListCache
  private let hash: DocumentHash
  /// The place that comes next if nothing has changed.
  private var next = 0
  /// The number of unrecognised items since then.
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

  /// The length of the item at the beginning of `bytes`; nil if it is new or changed.
  mutating func length(_ bytes: UnsafeRawBufferPointer) -> Int? {
    // After misses, either runs were added above `next`, or as many runs from `next` on have changed.
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
