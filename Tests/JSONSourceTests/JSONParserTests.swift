import Testing

@testable import JSONSource

@Suite struct JSONParserTests {
  private func mistakes(_ text: String, _ options: JSONParser.Options = .relaxed) -> [String] {
    let (document, errors) = JSONParser.parse(Array(text.utf8), options: options)
    return errors.map {
      let place = SourceLocation(of: $0.offset, in: document.bytes)
      return "\(place.line):\(place.column) \($0)"
    }
  }

  @Test func `numbers keep the digits that were written`() throws {
    let document = try JSONDocument(parsing: Array(#"{"a":1.10,"b":-0,"c":12345678901234567890}"#.utf8))
    #expect(document.root["a"]?.number == "1.10")
    #expect(document.root["b"]?.number == "-0")
    #expect(document.root["c"]?.number == "12345678901234567890")
    #expect(document.root["c"]?.integer == nil)
  }

  @Test(arguments: ["01", "1.", ".5", "+1", "1e", "0x10", "1_000", "NaN", "-"])
  func `a number that JSON does not know is refused`(text: String) {
    #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: Array(text.utf8)) }
  }

  @Test func `whole numbers are read by value`() throws {
    let document = try JSONDocument(parsing: Array("[1766000000000, 1.766e12, 1.5]".utf8))
    #expect(document.root.elements?.map(\.integer) == [1_766_000_000_000, 1_766_000_000_000, nil])
  }

  @Test func `escapes are undone and a lone surrogate is replaced`() throws {
    let text = #""\u0041\n\"\\\/\ud83d\ude00\ud800x\u0000""#
    let document = try JSONDocument(parsing: Array(text.utf8))
    #expect(document.root.string == "A\n\"\\/😀\u{FFFD}x\u{0}")
  }

  @Test func `the bytes of a value can be had as they were written`() throws {
    let document = try JSONDocument(parsing: Array(#"{"run": {"x" : 1.0 } , "y":2}"#.utf8))
    let node = try #require(document.root["run"])
    #expect(String(decoding: document.raw(node), as: UTF8.self) == #"{"x" : 1.0 }"#)
  }

  @Test func `three mistakes in one file are three messages with their places`() {
    let text = """
      {
        "a": nope,
        "b": [1, 2 3],
        // a comment
        c: 4,
        "d": "fine",
      }
      """
    #expect(
      mistakes(text) == [
        "2:8 nope isn't a JSON value", "3:14 a comma is missing before this",
        "5:3 a member name in double quotes is expected here",
      ])
  }

  @Test func `a string that is not closed is one mistake`() {
    #expect(mistakes("{\"a\": \"open,\n \"b\": 1}") == ["1:7 this string is never closed"])
  }

  @Test func `a bracket that is not closed is named by the place where it opens`() {
    #expect(mistakes("{\"a\": [1, 2") == ["1:7 this bracket is never closed"])
    #expect(mistakes("{\"a\": [1}") == ["1:9 } does not close the bracket of line 1"])
  }

  @Test func `a key that stands twice is a mistake that names both lines`() {
    #expect(mistakes("{\"a\": 1,\n\"a\": 2}") == ["2:1 \"a\" is repeated; it is first on line 1, column 2"])
  }

  @Test func `strict JSON has no comments and no trailing commas`() {
    #expect(!mistakes("[1,]", .strict).isEmpty)
    #expect(!mistakes("[1] // x", .strict).isEmpty)
    #expect(mistakes("[1,] /* x */ // y").isEmpty)
  }

  @Test(arguments: ["", " \n", "{} {}", "[", "]", "{\"a\"}", "{\"a\":}", "[,]", "\"\\x\"", "\"\\u12\"", "tru", "{,}"])
  func `text that is no JSON is refused`(text: String) {
    #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: Array(text.utf8)) }
  }

  @Test func `nesting without end is refused and does not exhaust the stack`() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(mistakes(deep, .strict) == ["1:1001 nested deeper than 1000 levels"])
    #expect(throws: Never.self) {
      try JSONDocument(parsing: Array((String(repeating: "[", count: 999) + String(repeating: "]", count: 999)).utf8))
    }
  }

  /// RFC 3629, section 4.
  @Test(arguments: [
    ([0x41, 0x80], 1), ([0xC3, 0xA9, 0xC3], 2), ([0xC0, 0x80], 0), ([0xC1, 0xBF], 0), ([0x61, 0xE0, 0x9F, 0x80], 1),
    ([0xED, 0xA0, 0x80], 0), ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF5, 0x80, 0x80, 0x80], 0), ([0xE2, 0x82, 0x41], 0),
    ([0xF0, 0x9F, 0x98, 0x80, 0xFF], 4), ([0x20, 0xF0, 0x9F, 0x98], 1),
  ])
  func `what breaks UTF-8 is found where it begins`(bytes: [UInt8], offset: Int) {
    #expect(firstInvalidUTF8(in: bytes) == offset)
    #expect(firstInvalidUTF8(in: Array("é😀".utf8) + bytes) == 6 + offset)
  }

  @Test(arguments: ["", "a", "\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}"])
  func `what is UTF-8 breaks nowhere`(text: String) { #expect(firstInvalidUTF8(in: Array(text.utf8)) == nil) }

  @Test func `bytes that are no UTF-8 are named by their place`() {
    let (_, errors) = JSONParser.parse([0x22, 0x61, 0xFF, 0x22])
    #expect(errors.map(\.offset) == [2])
  }

  @Test func `columns count characters and not bytes`() {
    #expect(mistakes("{\"é😀\": nope}") == ["1:8 nope isn't a JSON value"])
  }

  @Test func `every cut of a good text is refused without a crash`() throws {
    let text = Array(#"{"a":[1,-2.5e3,{"b":"\u00e9\n"}],"c":{"d":null,"e":true}}"#.utf8)
    _ = try JSONDocument(parsing: text)
    for end in 0..<text.count {
      #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: Array(text[..<end])) }
    }
  }

  @Test func `giving up after many mistakes leads nowhere behind the text`() {
    for many in ["[" + String(repeating: ",", count: 120), "{" + String(repeating: "a,", count: 120), "[,"] {
      let (document, errors) = JSONParser.parse(Array(many.utf8), options: .relaxed)
      #expect(errors.count <= 50 && !errors.isEmpty)
      #expect(document.root.range.upperBound <= document.bytes.count)
    }
    let text = "{" + String(repeating: "\"k\": ,", count: 60) + ","
    let (document, errors) = JSONParser.parse(Array(text.utf8), options: .relaxed)
    #expect(errors.allSatisfy { $0.offset <= document.bytes.count })
    #expect(document.root.range.upperBound <= document.bytes.count)
  }

  @Test func `a text with more values than are wanted is a mistake`() throws {
    let text = Array("{\"a\": [1, 2, {\"b\": null}]}".utf8)
    #expect(try JSONDocument(parsing: text, maximumValues: 6).root["a"]?.elements?.count == 3)
    let error = #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: text, maximumValues: 5) }
    #expect(error?.description == "it holds more than 5 values")
  }
}
