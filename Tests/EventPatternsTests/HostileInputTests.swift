import JSONSource
import TestSupport
import Testing

@testable import EventPatterns

@Suite struct HostileInputTests {
  private func nested(_ depth: Int, _ open: String, _ close: String, _ inside: String) -> String {
    String(repeating: open, count: depth) + inside + String(repeating: close, count: depth)
  }

  private func choice(_ names: Range<Int>) -> String {
    "\"$or\":[" + names.map { "{\"f\($0)\":[1]}" }.joined(separator: ",") + "]"
  }

  @Test func `a pattern whose choices multiply to a million is too complex`() throws {
    let choices = (0..<20).map { "\"o\($0)\":{\(choice(0..<2))}" }.joined(separator: ",")
    let error = #expect(throws: PatternErrors.self) { try EventPattern("{\(choices)}") }
    #expect(error?.errors.first?.description.hasPrefix("too complex: its $or lists multiply to") == true)
  }

  @Test func `a pattern at the bound of combinations compiles`() throws {
    let choices = (0..<12).map { "\"o\($0)\":{\(choice(0..<2))}" }.joined(separator: ",")
    let set = try PatternSet(texts: ["{\(choices)}"])
    let event = (0..<12).map { "\"o\($0)\":{\"f\($0 % 2)\":1}" }.joined(separator: ",")
    #expect(try set.matches("{\(event)}") == [0])
    #expect(try set.matches("{\(event.dropLast(8))1}}") == [])
  }

  @Test func `many patterns at the bound are too complex together, and the one too many is named`() throws {
    let choices = (0..<12).map { "\"o\($0)\":{\(choice(0..<2))}" }.joined(separator: ",")
    let pattern = try EventPattern("{\(choices)}")
    let error = #expect(throws: PatternSetError.self) { try PatternSet(Array(repeating: pattern, count: 100)) }
    #expect(error?.pattern == 8)
  }

  @Test func `a pattern nested 10,000 deep is refused`() throws {
    var node = JSONNode(.array([JSONNode(.number("1"), at: 0..<1)]), at: 0..<1)
    for _ in 0..<10_000 { node = JSONNode(.object([JSONMember(key: "a", keyRange: 0..<1, value: node)]), at: 0..<1) }
    let error = #expect(throws: PatternErrors.self) { try EventPattern(node) }
    #expect(error?.errors.first?.description == "nested deeper than 500 levels")
    // Swift would free so deep a tree recursively; here it is taken apart level by level.
    while case .object(let members) = node.content, let inner = members.first?.value { node = inner }
  }

  @Test func `a field with 20,000 values is as good as one`() throws {
    let values = (0..<20_000).map { "\"value-\($0)\"" }.joined(separator: ",")
    let set = try PatternSet(texts: ["{\"a\":[\(values)]}"])
    #expect(try set.matches(#"{"a":"value-19999"}"#) == [0])
    #expect(try set.matches(#"{"a":"value-20000"}"#) == [])
  }

  @Test(.timeLimit(.minutes(6))) func `a wildcard of many stars and a long text take linear time`() throws {
    let part = String(repeating: "a", count: 5_000)
    let set = try PatternSet(texts: [
      "{\"a\":[{\"wildcard\":\"*\(part)b*\"}]}", "{\"a\":[{\"wildcard\":\"*\(part)*c\"}]}",
      "{\"a\":[{\"wildcard\":\"\(String(repeating: "*a", count: 2_000))*x\"}]}",
    ])
    let text = String(repeating: "a", count: 100_000)
    #expect(try set.matches("{\"a\":\"\(text)c\"}") == [1])
  }

  @Test func `values in arrays that have nothing to do with each other don't multiply`() throws {
    let set = try PatternSet(texts: [
      #"{"p":{"a":[1],"z":{"q":[1]}},"q":{"b":[1]},"r":{"c":[1]},"s":{"d":[1],"e":[2]}}"#
    ])
    let many = { (member: String) in "[" + Array(repeating: "{\(member)}", count: 400).joined(separator: ",") + "]" }
    let event = """
      {"p":\(many(#""a":1,"z":{"q":1}"#)),"q":\(many(#""b":1"#)),"r":\(many(#""c":1"#)),"s":[\
      {"d":1},{"e":2}]}
      """
    #expect(try set.matches(event) == [])
    #expect(try set.matches(event.replacing(#"{"d":1},"#, with: #"{"d":1,"e":2},"#)) == [0])
  }

  @Test func `a field that should be absent doesn't make arrays multiply either`() throws {
    let set = try PatternSet(texts: [
      #"{"p":{"a":[1]},"q":{"b":[1]},"r":{"c":[1]},"s":{"d":[1]},"z":{"e":[{"exists":false}]}}"#,
      #"{"p":{"a":[1]},"q":{"b":[1]},"r":{"c":[1]},"z":{"d":[1],"e":[{"exists":false}]}}"#,
    ])
    let many = { (member: String) in "[" + Array(repeating: "{\(member)}", count: 400).joined(separator: ",") + "]" }
    let event = """
      {"p":\(many(#""a":1"#)),"q":\(many(#""b":1"#)),"r":\(many(#""c":1"#)),"s":\(many(#""d":1"#)),\
      "z":[{"d":1,"e":1},{"e":2}]}
      """
    #expect(try set.matches(event) == [])
    #expect(try set.matches(event.replacing(#"{"e":2}"#, with: #"{"d":1}"#)) == [1])
  }

  @Test func `an event is read down to 1,000 levels and refused below`() throws {
    let set = try PatternSet(texts: [#"{"a":[1]}"#])
    #expect(try set.matches("{\"a\":\(nested(999, "[", "]", "1"))}") == [0])
    #expect(throws: JSONSyntaxError.self) { try set.matches("{\"a\":\(nested(1_000, "[", "]", "1"))}") }
  }

  @Test func `what no pattern names may be nested without end`() throws {
    let set = try PatternSet(texts: [#"{"a":[1]}"#])
    #expect(try set.matches("{\"b\":\(nested(100_000, "[{\"a\":", "}]", "1")),\"a\":1}") == [0])
  }

  @Test(arguments: [
    "", " ", "[]", "1", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{a:1}",
    "{\"a\":tru}",
    "{\"a\":[1,]}", "{\"a\":[1}", "{\"a\":\"x}", "{\"a\":\"\\", "{\"a\":\"\\u12", "{\"a\":\"\\q\"}", "{\"a\":01}",
    "{\"a\":1.}",
    "{\"b\":[", "{\"b\":\"", "{\"b\":oops}", "{\"b\":\"\\", "{\"b\":[\"\\", "{\"a\":-}", "{\"a\":}", "{,}",
    "{\"a\":1 \"b\":2}",
  ])
  func `what is no event is refused`(text: String) throws {
    let set = try PatternSet(texts: [#"{"a":[1,{"prefix":"x"}]}"#])
    #expect(throws: JSONSyntaxError.self) { try set.matches(text) }
  }

  @Test func `an event that is cut anywhere is refused`() throws {
    let set = try PatternSet(texts: [#"{"a":{"b":[1]},"c":["x\u00e9y"]}"#])
    let event = #"{"z":[{"long":"text \" \\ é","n":-1.5e3},null], "a":[[{"b":1}]],"c":"x\u00e9y" }"#
    #expect(try set.matches(event) == [0])
    for count in 0..<event.utf8.count {
      let cut = String(decoding: Array(event.utf8.prefix(count)), as: UTF8.self)
      #expect(throws: JSONSyntaxError.self, "\(cut)") { try set.matches(cut) }
    }
  }

  @Test func `bytes at random never make the matcher crash`() throws {
    let set = try PatternSet(texts: [
      #"{"a":[1,{"prefix":{"equals-ignore-case":"é"}},{"suffix":{"equals-ignore-case":"É"}}]}"#,
      #"{"a":[{"wildcard":"*x*"},{"cidr":"::/0"},{"numeric":[">",0]}],"b":{"c":[{"exists":false}]}}"#,
    ])
    var matcher = set.makeMatcher()
    var random = SeededGenerator(seed: 7)
    let alphabet = Array(#"{}[]":,\u00e9 1.e-+truefalsnab"#.utf8) + [0x00, 0x80, 0xC3, 0xA9, 0xF0, 0xFF]
    var accepted = 0
    for _ in 0..<20_000 {
      var bytes = Array(#"{"a":"#.utf8)
      for _ in 0..<Int(random.next() % 24) { bytes.append(alphabet[Int(random.next() % UInt64(alphabet.count))]) }
      bytes += Array("}".utf8)
      if (try? bytes.withUnsafeBytes { try matcher.matches($0) }) != nil { accepted += 1 }
    }
    #expect(accepted > 10)
    #expect(try matcher.matches(#"{"a":1}"#) == [0, 1])
  }
}
