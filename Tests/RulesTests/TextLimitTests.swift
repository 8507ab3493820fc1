import JSONSource
import Testing

@testable import Rules

/// Where a text is cut.
struct TextLimitTests {
  private func slack(_ max: Int, _ text: String) -> String {
    TextLimit(max: max, unit: .utf16, markup: .slack).fit(text)
  }

  @Test(arguments: LimitUnit.allCases) func `what is counted is what the service counts`(unit: LimitUnit) {
    let text = "aé😀e\u{301}👩‍👩‍👧z"
    let counted = [LimitUnit.codePoints: 11, .utf16: 15, .bytes: 29][unit]
    #expect(unit.count(text) == counted)
    for most in unit.count("…")..<unit.count(text) {
      let cut = TextLimit(max: most, unit: unit, markup: .plain).fit(text)
      #expect(unit.count(cut) <= most)
      #expect(cut.last == "…")
      #expect(text.hasPrefix(cut.dropLast()), "the cut falls between characters")
    }
    #expect(TextLimit(max: unit.count(text), unit: unit, markup: .plain).fit(text) == text)
  }

  @Test func `a character that is longer than the limit is cut between its code points`() {
    let text = "a" + String(repeating: "\u{301}", count: 3_000)
    let cut = TextLimit(max: 150, unit: .utf16, markup: .plain).fit(text)
    #expect(Array(cut.unicodeScalars) == Array(text.unicodeScalars.prefix(149)) + ["…"])
  }

  @Test func `no escape is torn, whatever the limit`() {
    let text = String(repeating: "x&amp;&lt;y&gt;", count: 20)
    for most in 10...200 {
      let cut = slack(most, text)
      #expect(cut.utf16.count <= most && cut.utf16.count > most - 6)
      let rest = cut.replacing("&amp;", with: "").replacing("&lt;", with: "").replacing("&gt;", with: "")
      #expect(!rest.contains("&"))
    }
  }

  @Test func `a link is left out whole, and a bracket that is none is not waited for`() {
    let text = "see <https://vi.example/run|the run> for more"
    #expect(slack(20, text) == "see …")
    #expect(slack(40, text) == "see <https://vi.example/run|the run> fo…")
    #expect(slack(20, "loss < 3 for a long time now") == "loss < 3 for a long…")
  }

  @Test func `a code fence that was open is closed`() {
    let text = "it says\n```\n" + String(repeating: "line\n", count: 100) + "```\nand more"
    for most in 10...400 {
      let cut = slack(most, text)
      #expect(cut.utf16.count <= most)
      #expect(cut.ranges(of: "```").count % 2 == 0, "\(most): \(cut)")
      #expect(!cut.replacing("```", with: "").contains("`"), "\(most): \(cut)")
      #expect(cut.contains("…"))
    }
    #expect(slack(60, text).hasSuffix("…\n```"))
  }

  @Test func `texts that have a most together share it, and each has something`() throws {
    let limits = BodyLimits(
      [BodyLimit("embeds", .sum(max: 100)), BodyLimit("embeds", .list(max: 10, rest: #"{"title":"%"}"#))]
        + ["title", "description"].map {
          BodyLimit("embeds[].\($0)", .text(TextLimit(max: 60, unit: .utf16, markup: .plain)))
        })
    let text = String(repeating: "x", count: 80)
    let embed = #"{"title":"\#(text)","description":"\#(text)"}"#
    let body = #"{"embeds":[\#(Array(repeating: embed, count: 3).joined(separator: ","))]}"#
    let root = try JSONDocument(parsing: limits.fit(Array(body.utf8))).root
    let texts = (root["embeds"]?.elements ?? []).flatMap { [$0["title"]?.string, $0["description"]?.string] }
    #expect(texts.map { $0?.utf16.count } == [60, 36, 1, 1, 1, 1])
  }
}
