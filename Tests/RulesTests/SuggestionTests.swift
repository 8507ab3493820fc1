import Testing

@testable import Rules

struct SuggestionTests {
  @Test(arguments: [
    ("faild", "failed"), ("Failed", "failed"), ("fialed", "failed"), ("failedd", "failed"), ("canceled", "cancelled"),
    ("x", nil), ("", nil), ("nothing like it", nil), ("any", "any"), ("ay", "any"), ("aaa", nil),
  ])
  func `the nearest word is meant, if one is near`(word: String, meant: String?) {
    #expect(suggestion(for: word, among: ["failed", "cancelled", "any"]) == meant)
  }

  @Test func `the hint names the nearest word or else all of them, also for a very long word`() {
    #expect(hint(for: "flw", among: ["flow", "phase"]) == #"did you mean "flow"?"#)
    let long = String(repeating: "x", count: 1_000_000)
    #expect(hint(for: long, among: ["flow", "phase"]) == "known here: flow, phase")
    #expect(suggestion(for: "x", among: []) == nil)
  }
}
