import Foundation
import JSONSource
import TestSupport
import Testing

@testable import EventPatterns

/// Random patterns and events: the compiled set, the explanation, and the plain reference must agree.
/// VI_NOTIFY_FUZZ_SEEDS sets how many, VI_NOTIFY_FUZZ_FIRST with which seed to begin.
@Suite struct FuzzTests {
  private static func setting(_ name: String, _ standard: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? standard
  }

  /// Runs seeds through `make`, which gives patterns and events; both answers must be common, or a test proves little.
  private func judge(
    _ standard: UInt64, dialects: [PatternDialect],
    _ make: (inout RandomJSON) -> (patterns: [String], events: [String])
  ) async throws {
    let first = FuzzTests.setting("VI_NOTIFY_FUZZ_FIRST", 1)
    let seeds = FuzzTests.setting("VI_NOTIFY_FUZZ_SEEDS", standard)
    var total = (matches: 0, judged: 0)
    for seed in first..<first + seeds {
      var random = RandomJSON(seed: seed)
      let (patterns, events) = make(&random)
      let counts = try agree(patterns, events, dialects[Int(seed) % dialects.count], seed: seed)
      total = (total.matches + counts.matches, total.judged + counts.judged)
      // Other tests serve sockets on the same few threads.
      await Task.yield()
    }
    #expect(total.matches > total.judged / 50, "\(total)")
    #expect(total.matches < total.judged / 2, "\(total)")
    if seeds > standard { print("fuzz: \(seeds) seeds, \(total.judged) judgements, \(total.matches) matches") }
  }

  @Test func `compiled patterns, explanations and the reference agree on random events`() async throws {
    try await judge(Effort.isThorough ? 150 : 12, dialects: [.plain, .eventRuler]) { random in
      ((0..<12).map { _ in random.pattern() }, (0..<8).map { _ in random.event() })
    }
  }

  @Test func `they agree on which elements of arrays go together`() async throws {
    try await judge(Effort.isThorough ? 80 : 10, dialects: [.plain]) { random in
      ((0..<8).map { _ in random.arrayPattern() }, (0..<8).map { _ in random.arrayEvent() })
    }
  }

  private func agree(
    _ texts: [String], _ events: [String], _ dialect: PatternDialect, seed: UInt64
  ) throws -> (matches: Int, judged: Int) {
    var patterns: [(text: String, pattern: EventPattern, reference: ReferencePattern)] = []
    for text in texts {
      let node = try JSONDocument(parsing: Array(text.utf8)).root
      guard let pattern = try? EventPattern(node, dialect: dialect) else { continue }
      patterns.append((text, pattern, ReferencePattern(node, joinsKeys: dialect == .eventRuler)))
    }
    let set = try PatternSet(patterns.map(\.pattern))
    var matcher = set.makeMatcher()
    var trusting = set.makeMatcher(keysAreUnique: true)
    var counts = (matches: 0, judged: 0)
    for event in events {
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
