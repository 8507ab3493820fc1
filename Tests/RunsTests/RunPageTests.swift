import Testing

@testable import Runs

struct RunPageTests {
  private func read(_ text: String) -> RunPage? { RunPage(Array(text.utf8)) }

  private func items(_ text: String) -> [String]? {
    read(text).map { page in page.items.map { String(decoding: page.bytes[$0], as: UTF8.self) } }
  }

  @Test func `items are found as they were written, odd spacing and digits included`() {
    let text = #" { "items" : [ {"a" : 1.10 } ,{"b":"]}\"" },7 ] , "nextPage" : "t/1=" } "#
    #expect(items(text) == [#"{"a" : 1.10 }"#, #"{"b":"]}\"" }"#, "7"])
    #expect(read(text)?.nextPage == "t/1=")
  }

  @Test(arguments: ["{}", #"{"items":[]}"#, #"{"items":[],"nextPage":null}"#, #"{"items":[],"nextPage":""}"#])
  func `an empty page is a page, and the last`(text: String) throws {
    let page = try #require(read(text))
    #expect(page.items.isEmpty)
    #expect(page.nextPage == nil)
  }

  @Test func `unknown members are passed over, and a token's escapes are undone`() throws {
    let page = try #require(read(#"{"x":{"items":[1]},"prevPage":"p","items":[{}],"nextPage":"a\u0042\/c","y":[[]]}"#))
    #expect(page.items.count == 1)
    #expect(page.nextPage == "aB/c")
  }

  @Test(arguments: [
    "", "null", "[]", "7", "\"{}\"", "<html>", #"{"message":"Forbidden"}"#, #"{"error":"x","nextPage":null}"#,
    #"{"items":null,"message":"x"}"#, #"{"items":{}}"#, #"{"items":"none"}"#, #"{"items":[],"nextPage":7}"#,
    #"{"items":[],"nextPage":{}}"#, #"{"items":[1 2]}"#, #"{"items":[],}"#, #"{"items":[1,]}"#, "{} {}",
    #"{"items":[nope]}"#, #"{items:[]}"#,
  ])
  func `an answer that is no page is nil, never an empty page`(text: String) {
    #expect(read(text) == nil)
  }

  @Test func `a page cut at any byte is no page`() throws {
    let whole = Array(#"{"items":[{"runId":"r\"1","n":-1.5e3},{"é":[{}]}],"nextPage":"to\\ken","z":null}"#.utf8)
    #expect(RunPage(whole)?.items.count == 2)
    for end in whole.indices {
      #expect(RunPage(Array(whole[..<end])) == nil, "cut at \(end)")
    }
  }

  @Test func `a page of millions of items, or with a tree for a token, is none`() {
    func page(_ items: Int, next: String = "null") -> RunPage? {
      RunPage(
        Array(
          "{\"items\": [\(Array(repeating: "0", count: items).joined(separator: ","))], \"nextPage\": \(next)}".utf8))
    }
    #expect(page(20_000)?.items.count == 20_000)
    #expect(page(20_001) == nil)
    #expect(page(1, next: "[[[[]]]]") == nil)
    #expect(page(1, next: "\"2\"")?.nextPage == "2")
  }
}
