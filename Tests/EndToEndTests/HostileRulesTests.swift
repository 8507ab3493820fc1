import JSONSource
import Simulator
import Testing

/// `check` on files that nobody should write: a clear answer, soon, and no crash.
@Suite(.serialized, .timeLimit(.minutes(5))) struct HostileRulesTests {
  private static let shell = #"{"shell": "true"}"#

  private static func rules(_ rules: String, before: String = "") -> String {
    "{\"version\": 1, \(before)\"rules\": [\(rules)]}"
  }

  private static func rule(_ member: String) -> String {
    rules("{\"name\": \"r\", \(member), \"actions\": [\(shell)]}")
  }

  private static func body(_ body: String) -> String {
    rules(
      "{\"name\": \"r\", \"actions\": [{\"send\": \"hub\", \"body\": \(body)}]}",
      before: #""destinations": {"hub": {"type": "webhook", "url": "https://x.example/y"}}, "#)
  }

  /// The end of `check`, in words and as JSON; both must say the same.
  private func check(_ text: String) async throws -> (code: Int?, said: String, count: Int) {
    var found: (Int?, String, Int) = (nil, "", 0)
    try await onStage { stage in
      try stage.write(text)
      let words = try await stage.run("check", "rules.json")
      let json = try await stage.run("check", "rules.json", "--output", "json")
      #expect(words.code == json.code)
      let diagnostics = try #require(try json.json["diagnostics"]?.elements)
      for severity in ["error", "warning"] {
        let told = words.errors.split(separator: "\n").count { $0.contains(" \(severity): ") }
        #expect(told == diagnostics.count { $0[text: "severity"] == severity })
      }
      found = (words.code, words.errors, diagnostics.count)
    }
    return found
  }

  @Test(arguments: [
    ("", "rules.json:1:1: error: the text is empty"),
    ("// only\n/* comments */\n", "rules.json:3:1: error: the text is empty"),
    ("/* open", "rules.json:1:1: error: this comment is never closed"),
    ("{\"version\": 1, \"rules\": [{\"name\": \"r", "this string is never closed"),
    ("{\"version\": 1, \"rules\": [{\"name\": \"r\"", "this bracket is never closed"),
    ("{\"version\": 1, \"rules\": [", "this bracket is never closed"), ("{", "this bracket is never closed"),
    ("{\"version\": 1, \"rules\": [{\"match\": {\"a\": [\"x\\", "never closed"),
  ])
  func `a file that ends too early is told at its place`(_ text: String, _ told: String) async throws {
    let end = try await check(text)
    #expect(end.code == 78)
    #expect(end.said.contains(told), "\(end.said)")
    #expect(end.count == 1, "\(end.said)")
  }

  @Test func `nesting of 10,000 is one mistake wherever it stands`() async throws {
    let lists = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
    let objects = String(repeating: "{\"a\":", count: 10_000) + "[1]" + String(repeating: "}", count: 10_000)
    for text in [Self.body(lists), Self.rule("\"match\": \(objects)"), lists] {
      let end = try await check(text)
      #expect(end.code == 78)
      #expect(end.said.contains("nested deeper than 200 levels"), "\(end.said.prefix(500))")
      // A file that is a list is no rules file, besides.
      #expect(end.count == (text == lists ? 2 : 1), "\(end.said.prefix(500))")
    }
  }

  @Test func `what is not UTF-8 is told at its byte, and a mark of byte order is passed over`() async throws {
    try await onStage { stage in
      try stage.write(bytes: Array("{\"version\": 1,\n \"é\": \"".utf8) + [0xFF, 0x22, 0x7D])
      let broken = try await stage.run("check", "rules.json")
      #expect(broken.code == 78)
      #expect(broken.errors.contains("rules.json:2:8: error: the text is not valid UTF-8 here"), "\(broken.errors)")
      try stage.write(
        bytes: [0xEF, 0xBB, 0xBF] + Array(Self.rules("{\"name\": \"r\", \"actions\": [\(Self.shell)]}").utf8))
      #expect(try await stage.run("check", "rules.json").code == 0)
    }
  }

  @Test func `of a key that stands twice both places are told`() async throws {
    let end = try await check(
      "{\"version\": 1,\n \"rules\": [],\n  \"rules\": [{\"name\": \"r\", \"actions\": [\(Self.shell)]}]}")
    #expect(end.code == 78)
    #expect(
      end.said.contains("rules.json:3:3: error: \"rules\" is repeated; it is first on line 2, column 2"),
      "\(end.said)")
    #expect(end.count == 1)
  }

  @Test func `numbers of 1,000 digits are only refused where they must be compared`() async throws {
    let digits = String(repeating: "7", count: 1_000)
    #expect(try await check(Self.body("[\(digits), 1e\(digits), 0.\(digits)]")).code == 0)
    #expect(try await check(Self.rule("\"match\": {\"run\": {\"n\": [\(digits)]}}")).code == 0)
    let compared = try await check(Self.rule("\"match\": {\"run\": {\"n\": [{\"numeric\": [\">\", \(digits)]}]}}"))
    #expect(compared.said.contains("has too many digits to be compared"))
    let version = try await check(
      "{\"version\": \(digits), \"rules\": [{\"name\": \"r\", \"actions\": [\(Self.shell)]}]}")
    #expect(version.said.contains("this version of the rules file is unknown"))
    for end in [compared, version] { #expect(end.code == 78 && end.count == 1 && end.said.utf8.count < 2_000) }
  }

  @Test func `alternatives that multiply are too complex`() async throws {
    let choice = "{\"$or\": [\((0..<10).map { "{\"x\($0)\": [1]}" }.joined(separator: ","))]}"
    let match = "{\((0..<6).map { "\"f\($0)\": \(choice)" }.joined(separator: ","))}"
    let end = try await check(Self.rule("\"match\": \(match)"))
    #expect(end.code == 78)
    #expect(end.said.contains("too complex: its $or lists multiply to 1000000 combinations"), "\(end.said)")
  }

  @Test func `a text of 1 MB is fine, and is not repeated in a message`() async throws {
    let long = String(repeating: "x", count: 1_000_000)
    #expect(try await check(Self.body("\"\(long)\"")).code == 0)
    let wrong = try await check(
      "{\"version\": 1, \"rules\": [{\"name\": \"\(long)\", \"\(long)\": 1, \"actions\": [{\"send\": \"\(long)\"}]}]}")
    #expect(wrong.code == 78 && wrong.count == 3)
    #expect(wrong.said.utf8.count < 5_000)
  }

  @Test func `of 2,000 rules each mistake is told, on lines of their own or all on one`() async throws {
    let wrong = (0..<2_000).map { "{\"name\": \"r\($0)\", \"on\": \"faild\", \"actions\": [\(Self.shell)]}" }
    for separator in [",\n", ","] {
      let end = try await check(Self.rules(wrong.joined(separator: separator)))
      #expect(end.code == 78 && end.count == 2_000)
      #expect(end.said.contains("unknown phase \"faild\"; did you mean \"failed\"?"))
    }
  }

  @Test func `of more mistakes the first 10,000 are told, and that there are more`() async throws {
    let end = try await check(Self.rules(Array(repeating: "{}", count: 20_000).joined(separator: ",")))
    #expect(end.code == 78 && end.count == 10_001)
    #expect(end.said.contains("more mistakes stand in this file; these are the first 10000"))
  }

  @Test func `2,000 rules and 10,000 destinations are a rules file like another`() async throws {
    let destinations = (0..<10_000).map {
      "\"d\($0)\": {\"type\": \"slack\", \"url\": \"${env:NONE:-https://x.example/\($0)}\"}"
    }
    let rules = (0..<2_000).map {
      "{\"name\": \"r\($0)\", \"match\": {\"flow\": [{\"prefix\": \"f\($0)\"}]}, \"actions\": [{\"send\": \"d\($0)\"}]}"
    }
    let before = "\"destinations\": {\(destinations.joined(separator: ","))}, "
    #expect(try await check(Self.rules(rules.joined(separator: ",\n"), before: before)).code == 0)
    let wrong = rules.map { $0.replacing("\"send\": \"d", with: "\"send\": \"x") }
    let end = try await check(Self.rules(wrong.joined(separator: ",\n"), before: before))
    #expect(end.code == 78 && end.count == 2_000)
  }

  @Test func `a file that is too large is not read`() async throws {
    try await onStage { stage in
      try stage.write(String(repeating: " ", count: 17 << 20))
      let end = try await stage.run("check", "rules.json")
      #expect(end.code == 78)
      #expect(end.errors.contains("larger than 16 MiB"))
    }
  }
}
