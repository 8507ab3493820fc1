import Runs
import Testing

@testable import Watching

@Suite struct RunListCacheTests {
  private func item(_ id: String, created: Int64?, hash: UInt64 = 0, moving: Bool = false) -> RunListCache.Item {
    RunListCache.Item(
      id: id, hash: hash, length: 9, created: created.map(Timestamp.init(milliseconds:)), isMoving: moving)
  }

  private func list(_ items: [RunListCache.Item]) -> RunListCache { RunListCache(items, isNewestFirst: true) }

  private func replaced(_ list: RunListCache, _ seen: [RunListCache.Item]) -> RunListCache {
    var list = list
    list.replaceTop(with: seen, ids: Dictionary(uniqueKeysWithValues: seen.enumerated().map { ($1.id, $0) }))
    return list
  }

  private var three: RunListCache {
    list([
      item("c", created: 30, hash: 3, moving: true), item("b", created: 20, hash: 2),
      item("a", created: 10, hash: 1, moving: true),
    ])
  }

  @Test func `what is new stands above, and what is older than all that was seen stays below`() {
    let after = replaced(three, [item("d", created: 40, hash: 4, moving: true), item("c", created: 30, hash: 3)])
    #expect(after.items.map(\.id) == ["d", "c", "b", "a"])
    #expect(after.moving == [0, 3])
    #expect(after.isNewestFirst)
    #expect(after[hash: 4]?.id == "d")
    #expect(after[hash: 1]?.id == "a")
  }

  @Test func `what should have been seen and was not is forgotten`() {
    let after = replaced(three, [item("c", created: 30, hash: 3, moving: true), item("a", created: 10, hash: 1)])
    #expect(after.items.map(\.id) == ["c", "a"])
    #expect(after.moving == [0])
  }

  @Test func `an item that tells no time stays, for nothing can be concluded from its place`() {
    let known = list([
      item("b", created: 20, hash: 2), item("x", created: nil, hash: 7), item("a", created: 10, hash: 1),
    ])
    #expect(
      replaced(known, [item("d", created: 40, hash: 4), item("b", created: 20, hash: 2)]).items.map(\.id) == [
        "d", "b", "x", "a",
      ])
  }

  @Test func `documents that changed in their places are known by their new bytes alone`() {
    let after = replaced(three, [item("c", created: 30, hash: 33, moving: true)])
    #expect(after.items.map(\.id) == ["c", "b", "a"])
    #expect(after[hash: 33]?.id == "c")
    #expect(after[hash: 3] == nil)
    #expect(after[hash: 2]?.id == "b")
    #expect(after.moving == [0, 2])
  }

  @Test func `a run that ended does not move any more, and its bytes stay known`() {
    var after = replaced(three, [item("c", created: 30, hash: 33)])
    #expect(after.moving == [2])
    after.settle(["a", "b"])
    #expect(after.moving.isEmpty)
    #expect(after[hash: 1] == item("a", created: 10, hash: 1))
  }
}

@Suite struct ItemRecogniserTests {
  private let hash = DocumentHash()

  private func document(_ name: String) -> [UInt8] { Array(#"{"id":"\#(name)"}"#.utf8) }

  private func list(_ names: [String]) -> RunListCache {
    let items = names.map { name in
      let bytes = document(name)
      return RunListCache.Item(
        id: name, hash: bytes.withUnsafeBytes { hash($0) }, length: bytes.count, created: nil, isMoving: false)
    }
    return RunListCache(items, isNewestFirst: true)
  }

  /// Places of the items of each page, nil for those that had to be read.
  private func found(_ known: [String], _ pages: [[String]]) -> [[Int?]] {
    var recogniser = ItemRecogniser(list(known), hash)
    return pages.map { page in
      recogniser.beginPage()
      for name in page {
        let bytes = document(name) + Array("]}".utf8)
        let length = bytes.withUnsafeBytes { recogniser.length($0) }
        #expect(length == nil || length == document(name).count)
      }
      return recogniser.found
    }
  }

  @Test func `a list that has not changed is known to its end, from page to page`() {
    #expect(found(["a", "b", "c"], [["a", "b"], ["c"]]) == [[0, 1], [2]])
  }

  @Test func `runs that were added at the top hide nothing below them`() {
    #expect(found(["a", "b", "c"], [["x", "y", "a", "b"], ["c"]]) == [[nil, nil, 0, 1], [2]])
  }

  @Test func `several changed in a row hide nothing below them`() {
    #expect(found(["a", "b", "c", "d"], [["a", "B", "C", "d"]]) == [[0, nil, nil, 3]])
  }

  @Test func `behind a run that was removed the others are read, and never taken for one another`() {
    let places = found(["a", "b", "c", "d"], [["a", "c", "d"]])
    for (name, place) in zip(["a", "c", "d"], places[0]) {
      #expect(place.map { ["a", "b", "c", "d"][$0] == name } ?? true)
    }
    #expect(places[0][0] == 0)
  }

  @Test func `a document that goes on behind the known bytes is another one`() {
    var recogniser = ItemRecogniser(list(["a"]), hash)
    recogniser.beginPage()
    let cut = document("a")
    #expect(cut.withUnsafeBytes { recogniser.length($0) } == nil)
  }
}
