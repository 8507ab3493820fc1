import JSONSource
import Testing

@testable import EventPatterns

@Suite struct PatternErrorTests {
  private func errors(_ text: String, dialect: PatternDialect = .plain) throws -> [PatternError] {
    let document = try JSONDocument(parsing: Array(text.utf8))
    do throws(PatternErrors) {
      _ = try EventPattern(document.root, dialect: dialect)
      return []
    } catch {
      return error.errors
    }
  }

  /// The mistake of a pattern, and the text that it points at.
  private func mistake(_ text: String) throws -> (shown: String, place: String) {
    let errors = try errors(text)
    try #require(errors.count == 1, "\(errors)")
    return (errors[0].fullDescription, String(decoding: Array(text.utf8)[errors[0].range], as: UTF8.self))
  }

  @Test(arguments: [
    (
      #"{"phase":"failed"}"#, #""failed""#,
      #"match.phase: write ["failed"], not "failed": a pattern's values go into a list"#
    ),
    (
      #"{"a":[{"begins-with":"x"}]}"#, #""begins-with""#,
      #"match.a[0].begins-with: "begins-with" isn't an operator: one of "#
    ),
    (#"{"a":[]}"#, "[]", "match.a: write at least one value into []"),
    (#"{"a":{}}"#, "{}", "match.a: write at least one field into {}"),
    (#"{"a":[1,{}]}"#, "{}", "match.a[1]: write an operator into {}"),
    (#"{"a":[["x"]]}"#, #"["x"]"#, "match.a[0]: write the values themselves"),
    (#"{"a":[{"prefix":"x","suffix":"y"}]}"#, #"{"prefix":"x","suffix":"y"}"#, "match.a[0]: write one operator, not"),
    (#"{"a":[{"prefix":5}]}"#, "5", "match.a[0].prefix: write a string, not 5"),
    (#"{"a":[{"wildcard":"a**"}]}"#, #""a**""#, "match.a[0].wildcard: write one star"),
    (#"{"a":[{"wildcard":"a\\x"}]}"#, #""a\\x""#, "match.a[0].wildcard: there is a lone backslash"),
    (#"{"a":[{"exists":"no"}]}"#, #""no""#, #"match.a[0].exists: write true or false, not "no""#),
    (#"{"a":[{"numeric":[">",5,"<",1]}]}"#, #"[">",5,"<",1]"#, "match.a[0].numeric: the lower bound must be below"),
    (#"{"a":[{"numeric":["<",1,">",5]}]}"#, #"["<",1,">",5]"#, "match.a[0].numeric: write the lower bound, then"),
    (#"{"a":[{"numeric":[">","5"]}]}"#, #""5""#, #"match.a[0].numeric[1]: write a number, not "5""#),
    (#"{"a":[{"numeric":["=",1e400]}]}"#, "1e400", "match.a[0].numeric[1]: 1e400 has too many digits"),
    (#"{"a":[{"anything-but":["x",1]}]}"#, #"["x",1]"#, "match.a[0].anything-but: write only strings or only numbers"),
    (
      #"{"a":[{"anything-but":{"prefix":""}}]}"#, #""""#, "match.a[0].anything-but.prefix: write at least one character"
    ),
    (#"{"a":[{"cidr":"10.0.0.0/33"}]}"#, #""10.0.0.0/33""#, "match.a[0].cidr: write a length of 0 to 32"),
    (#"{"$or":[{"a":[1]}]}"#, #"[{"a":[1]}]"#, "match.$or: write a list of two or more objects, not a list of one"),
    (#"{"$or":["a",{"a":[1]}]}"#, #""a""#, #"match.$or[0]: write an object, not "a""#),
    (#"{"$or":[{"prefix":["x"]},{"b":[2]}]}"#, #""prefix""#, "match.$or[0].prefix: prefix can't be the name"),
    (
      #"{"a":[1],"$or":[{"a":[2]},{"b":[2]}]}"#, #"[{"a":[2]},{"b":[2]}]"#,
      "match.$or: a is inside $or and beside it"
    ),
    (#"{"a":[1],"b":[2],"a":[3]}"#, #""a""#, "match.a: this field is repeated"),
    (#"["a"]"#, #"["a"]"#, "match: write an object, not a list"),
  ])
  func `a mistake is told with its place and what to write`(text: String, place: String, message: String) throws {
    let found = try mistake(text)
    #expect(found.place == place)
    #expect(found.shown.hasPrefix(message), "\(found.shown)")
  }

  @Test func `all mistakes are told at once, in order`() throws {
    let found = try errors(#"{"a":"x","b":[{"nope":1},{"prefix":2}],"c":{},"d":[1]}"#)
    #expect(found.map(\.path) == ["match.a", "match.b[0].nope", "match.b[1].prefix", "match.c"])
  }

  @Test func `a key that stands twice points at its second place`() throws {
    let found = try errors(#"{"a":[1],"b":[2],"a":[3]}"#)
    #expect(found.map(\.range) == [17..<20])
    #expect(try errors(#"{"a":[1],"a":[3]}"#, dialect: .eventRuler).isEmpty)
  }

  @Test func `in event-ruler's dialect the last condition for a field counts`() throws {
    let document = try JSONDocument(parsing: Array(#"{"$or":[{"a":[1]},{"b":[2]}],"a":[3]}"#.utf8))
    let set = try PatternSet([try EventPattern(document.root, dialect: .eventRuler)])
    #expect(try set.matches(#"{"a":1}"#) == [])
    #expect(try set.matches(#"{"a":3}"#) == [0])
  }

  @Test func `patterns of two dialects are not compiled together`() throws {
    let node = try JSONDocument(parsing: Array(#"{"a":[1]}"#.utf8)).root
    let patterns = [try EventPattern(node), try EventPattern(node, dialect: .eventRuler)]
    let error = #expect(throws: PatternSetError.self) { try PatternSet(patterns) }
    #expect(error?.pattern == 1)
  }
}
