import Foundation
import JSONSource
import Testing

@testable import EventPatterns

/// Random patterns and events: the compiled set, the explanation, and the plain reference must agree.
/// VI_NOTIFY_FUZZ_SEEDS sets how many, VI_NOTIFY_FUZZ_FIRST with which seed to begin.
@Suite struct FuzzTests {
  private static func setting(_ name: String, _ standard: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? standard
  }

  @Test func `compiled patterns, explanations and the reference agree on random events`() throws {
    let first = FuzzTests.setting("VI_NOTIFY_FUZZ_FIRST", 1)
    let seeds = FuzzTests.setting("VI_NOTIFY_FUZZ_SEEDS", 600)
    var matches = 0
    var judged = 0
    for seed in first..<first + seeds {
      let counts = try agree(seed: seed)
      matches += counts.matches
      judged += counts.judged
    }
    // Both answers must be common, or the test proves little.
    #expect(matches > judged / 50, "\(matches) of \(judged)")
    #expect(matches < judged / 2, "\(matches) of \(judged)")
    if seeds > 600 { print("fuzz: \(seeds) seeds, \(judged) judgements, \(matches) matches") }
  }

  private func agree(seed: UInt64) throws -> (matches: Int, judged: Int) {
    var random = RandomJSON(seed: seed)
    let dialect: PatternDialect = seed.isMultiple(of: 2) ? .plain : .eventRuler
    var patterns: [(text: String, pattern: EventPattern, reference: ReferencePattern)] = []
    for _ in 0..<12 {
      let text = random.pattern()
      // In event-ruler's dialect addresses have a meaning of their own, which the vectors cover.
      if dialect == .eventRuler, text.contains(".0.") || text.contains("::") || text.contains("\\u002e") { continue }
      let node = try JSONDocument(parsing: Array(text.utf8)).root
      guard let pattern = try? EventPattern(node, dialect: dialect) else { continue }
      patterns.append((text, pattern, ReferencePattern(node, joinsKeys: dialect == .eventRuler)))
    }
    let set = try PatternSet(patterns.map(\.pattern))
    var matcher = set.makeMatcher()
    var trusting = set.makeMatcher(keysAreUnique: true)
    var counts = (matches: 0, judged: 0)
    for _ in 0..<8 {
      let event = random.event()
      let node = try JSONDocument(parsing: Array(event.utf8)).root
      let found = try matcher.matches(event)
      if !node.hasRepeatedKeys, try trusting.matches(event) != found {
        Issue.record("seed \(seed): \(event) is judged otherwise when its keys are taken to be unique")
      }
      for (index, pattern) in patterns.enumerated() {
        let expected = pattern.reference.matches(node)
        let context = "seed \(seed): \(pattern.text) on \(event)"
        if found.contains(index) != expected { Issue.record("\(context): the reference says \(expected)") }
        let explanation = pattern.pattern.explain(node)
        if (explanation == .matches) != expected { Issue.record("\(context): explained as \(explanation)") }
        counts.matches += expected ? 1 : 0
        counts.judged += 1
      }
    }
    return counts
  }
}

extension JSONNode {
  fileprivate var hasRepeatedKeys: Bool {
    if let elements { return elements.contains(where: \.hasRepeatedKeys) }
    let members = members ?? []
    return Set(members.map { Array($0.key.utf8) }).count < members.count
      || members.contains { $0.value.hasRepeatedKeys }
  }
}
