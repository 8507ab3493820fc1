import Runs
import Testing
import Transport
import ViAPI

@testable import Watching

@Suite struct RunPagesTests {
  /// How many items each page has, until the last or the first error.
  private func read(_ source: ScriptedPages, size: Int = 1_000) async -> (items: [Int], pages: RunPages, failed: Bool) {
    var pages = RunPages(source: source, size: size)
    var items: [Int] = []
    do {
      while let page = try await pages.next() { items.append(page.items.count) }
    } catch {
      return (items, pages, true)
    }
    return (items, pages, false)
  }

  @Test func `pages follow their tokens to the end, and what the server grants is what the first one held`() async {
    let source = ScriptedPages { token, _ in
      token == nil ? #"{"items":[{},{}],"nextPage":"x"}"# : #"{"items":[{}],"nextPage":""}"#
    }
    let (items, pages, failed) = await read(source)
    #expect(items == [2, 1])
    #expect(source.asked == ["- 1000", "x 1000"])
    #expect(pages.granted == 2)
    #expect(!failed)
  }

  @Test func `one page that is all grants nothing that could be known`() async {
    let (items, pages, _) = await read(ScriptedPages { _, _ in #"{"items":[{}]}"# })
    #expect(items == [1])
    #expect(pages.granted == nil)
  }

  @Test func `an empty page may be an empty object, also as the last`() async {
    let (items, _, failed) = await read(
      ScriptedPages { $0 == nil ? "{\"items\":[{}],\"nextPage\":\"a\"}" : $1 < 0 ? "" : "{}" })
    #expect(items == [1, 0])
    #expect(!failed)
  }

  @Test(arguments: [400, 413, 416, 422])
  func `whoever refuses large pages is asked for smaller ones`(status: Int) async {
    let source = ScriptedPages { _, size throws(SourceError) in
      if size > 10 { throw .rejected(status: status, message: "too many") }
      return #"{"items":[{}]}"#
    }
    let (items, pages, _) = await read(source)
    #expect(items == [1])
    #expect(source.asked == ["- 1000", "- 100", "- 10"])
    #expect(pages.size == 10)
  }

  @Test func `an answer beyond all bounds is asked for in smaller parts, down to one item`() async {
    let source = ScriptedPages { _, _ throws(SourceError) in throw .unreachable(.bodyTooLarge(limit: 1)) }
    let (_, _, failed) = await read(source)
    #expect(source.asked == ["- 1000", "- 100", "- 10", "- 1"])
    #expect(failed)
  }

  @Test func `later pages are not asked for in another size, and other refusals are none of the size`() async {
    let later = ScriptedPages { token, _ throws(SourceError) in
      if token != nil { throw .rejected(status: 400, message: "") }
      return #"{"items":[{}],"nextPage":"a"}"#
    }
    #expect(await read(later).failed)
    #expect(later.asked == ["- 1000", "a 1000"])
    let refused = ScriptedPages { _, _ throws(SourceError) in throw .rejected(status: 409, message: "") }
    #expect(await read(refused).failed)
    #expect(refused.asked == ["- 1000"])
  }

  @Test func `a circle of tokens is left at the first one that comes again`() async {
    let next = ["-": "a", "a": "b", "b": "a"]
    let source = ScriptedPages { token, _ in #"{"items":[],"nextPage":"\#(next[token ?? "-"] ?? "")"}"# }
    #expect(await read(source).failed)
    #expect(source.asked == ["- 1000", "a 1000", "b 1000"])
  }

  @Test func `a list without an end is left`() async {
    let source = ScriptedPages { token, _ in
      #"{"items":[],"nextPage":"\#((token.flatMap { Int($0) } ?? 0) + 1)"}"#
    }
    #expect(await read(source).failed)
    #expect(source.asked.count == 10_000)
  }

  @Test func `no page is asked for when the time of all is over`() async {
    let source = ScriptedPages { _, _ in #"{"items":[]}"# }
    var pages = RunPages(source: source, timeLeft: { .zero })
    await #expect(throws: SourceError.self) { try await pages.next() }
    #expect(source.asked.isEmpty)
  }
}
