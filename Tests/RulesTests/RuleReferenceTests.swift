import FoundationEssentials
import Testing

@testable import Rules

/// `docs/rules.md`, and the table of fields in the README, are made of the fields themselves.
/// To write them anew: `VI_NOTIFY_WRITE_REFERENCE=1 swift test --filter RuleReferenceTests`.
@Suite struct RuleReferenceTests {
  private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
  private static let head = ["| field | default | meaning |", "|---|---|---|"]

  @Test func `the reference of the rules file is what the code says`() throws {
    try expect(Self.reference, in: "docs/rules.md")
  }

  @Test func `the table in the README is what the code says`() throws {
    let readme = try #require(text(of: "README.md"))
    let (begin, end) = ("<!-- fields: made by RuleReferenceTests -->", "<!-- end of fields -->")
    let lines = readme.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let start = try #require(lines.firstIndex(of: begin))
    let stop = try #require(lines.firstIndex(of: end))
    try expect((lines[...start] + Self.head + Self.rows + lines[stop...]).joined(separator: "\n"), in: "README.md")
  }

  private func expect(_ text: String, in path: String) throws {
    if ProcessInfo.processInfo.environment["VI_NOTIFY_WRITE_REFERENCE"] != nil {
      try Data(text.utf8).write(to: URL(filePath: "\(Self.root)/\(path)"))
    }
    let isSame = self.text(of: path) == text
    #expect(isSame, "\(path) is out of date: VI_NOTIFY_WRITE_REFERENCE=1 swift test --filter RuleReferenceTests")
  }

  private func text(of path: String) -> String? {
    FileManager.default.contents(atPath: "\(Self.root)/\(path)").map { String(decoding: $0, as: UTF8.self) }
  }

  /// Of the README: what stands in the file itself, one level deep.
  private static var rows: [String] {
    Shape.file.reference(path: "") + Shape.source.reference(path: "source.") + Shape.watch.reference(path: "watch.")
      + Shape.rule.reference(path: "rules[].")
  }

  private static var reference: String {
    var lines = [
      "# The rules file", "",
      "Made of the code by a test; see `Sources/Rules`. `vi-notify check FILE` finds every mistake, and `vi-notify schema` prints",
      "the same as a JSON Schema for editors. [destinations.md](destinations.md) has the fields of each type of destination.",
    ]
    func section(_ title: String, _ says: String, _ rows: [String]) {
      lines += ["", "## \(title)", ""]
      if !says.isEmpty { lines += [says, ""] }
      lines += head + rows
    }
    section("The file", "", Shape.file.reference(path: ""))
    section("`source`", Shape.source.says, Shape.source.reference(path: ""))
    section("`watch`", Shape.watch.says, Shape.watch.reference(path: ""))
    section("`rules[]`", Shape.rule.says, Shape.rule.reference(path: ""))
    for type in ActionType.all {
      section("`\(type.verb)`, an action", type.implementation.says, type.reference)
    }
    section(
      "Every action", "",
      Shape.action(RunAction.maxTimeout).reference(path: ""))
    section("`download`", "", Shape.download.reference(path: ""))
    section("`cooldown`", Shape.cooldown.says, Shape.cooldown.reference(path: ""))
    section("`digest`", Shape.digest.says, Shape.digest.reference(path: ""))
    section("`quiet`", Shape.quiet.says, Shape.quiet.reference(path: ""))
    section("`rateLimit`", Shape.rateLimit.says, Shape.rateLimit.reference(path: ""))
    return lines.joined(separator: "\n") + "\n"
  }
}
