import JSONSource
import Simulator
import TestSupport
import Testing

/// What the log looks like to programs.
@Suite(.timeLimit(.minutes(6))) struct LogFormatTests {
  private static let rules = """
    {"version": 1, "watch": {"interval": "100ms"},
     "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}},
     "rules": [{"name": "tell \\"all\\" = ü", "actions": [{"send": "hub"}, {"shell": "echo hi; exit 3"}]}]}
    """

  private func log(_ more: String..., with extra: [String: String] = [:]) async throws -> [String] {
    var lines: [String] = []
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(Self.rules)
      let end = try await stage.run(
        arguments: ["--rules", "rules.json", "--until-done", "--since", "all"] + more, with: extra)
      #expect(end.code == 1, "\(end.errors)")
      lines = end.errors.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("vi-notify: ") }
    }
    return lines
  }

  /// `key=value` and `key="…"` with JSON's escapes, as Go's logfmt reads them.
  private func pairs(_ line: String) throws -> [(key: String, value: String)] {
    var found: [(String, String)] = []
    var rest = line[...]
    while !rest.isEmpty {
      let key = rest.prefix { $0 != "=" }
      rest = rest.dropFirst(key.count + 1)
      var value = rest.prefix { $0 != " " }
      if rest.first == "\"" {
        let end = try #require(
          rest.indices.dropFirst().first {
            rest[$0] == "\"" && rest[..<$0].reversed().prefix { $0 == "\\" }.count % 2 == 0
          })
        value = rest[...end]
        found.append((String(key), try #require(try JSONDocument(parsing: Array(value.utf8)).root.string)))
      } else {
        #expect(value.allSatisfy { $0.isASCII && $0 != "=" && $0 != "\\" }, "\(line)")
        found.append((String(key), String(value)))
      }
      rest = rest.dropFirst(value.count).drop { $0 == " " }
    }
    return found
  }

  @Test func `text is logfmt, with the run, rule, destination and delivery first`() async throws {
    let lines = try await log()
    #expect(lines.count > 3)
    for line in lines {
      let pairs = try pairs(line)
      #expect(pairs.prefix(3).map(\.key) == ["time", "level", "msg"], "\(line)")
      #expect(!pairs.contains { $0.key.isEmpty || $0.key.contains(" ") }, "\(line)")
    }
    let ofRule = try #require(try lines.map(pairs).first { $0.contains { $0.key == "rule" } })
    #expect(ofRule.first { $0.key == "rule" }?.value == "tell \"all\" = ü")
    let order = ofRule.dropFirst(3).map(\.key).filter { ["run", "rule", "destination", "delivery"].contains($0) }
    #expect(ofRule.dropFirst(3).prefix(order.count).map(\.key) == order)
  }

  @Test func `JSON has the same fields`() async throws {
    func shapes(_ fields: [(key: String, value: String)]) -> String {
      "\(fields.first { $0.key == "msg" }?.value ?? ""): \(fields.map(\.key).joined(separator: ","))"
    }
    let text = try await log().map { shapes(try pairs($0)) }
    let json = try await log("--log-format", "json").map { line in
      let members = try #require(try JSONDocument(parsing: Array(line.utf8)).root.members)
      return shapes(members.map { ($0.key, $0.value.string ?? "") })
    }
    #expect(Set(json) == Set(text))
  }

  @Test func `the level says what is left out`() async throws {
    let lines = try await log("--log-level", "error")
    for line in lines { #expect(line.contains("level=error") || line.contains("level=critical"), "\(line)") }
    #expect(try await log("--log-level", "info").count > lines.count)
  }

  /// The variable alone says nothing: a child may have inherited it.
  @Test func `a stream that isn't the journal's keeps its time`() async throws {
    #expect(try await log(with: ["JOURNAL_STREAM": "8:1"]).allSatisfy { $0.hasPrefix("time=") })
  }
}
