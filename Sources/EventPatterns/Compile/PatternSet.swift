/// Patterns compiled together into one automaton. Immutable; several tasks may use it at once, each with its own matcher.
///
/// This module implements AWS EventBridge's event patterns. A JSON tree of a pattern flows in and becomes an ``EventPattern``
/// (checked, all mistakes with their places); many of them become a `PatternSet`; the bytes of an event flow into a
/// ``PatternMatcher``, and the indices of the matching patterns flow out. ``EventPattern/explain(_:)`` is the slow second
/// implementation that says why a pattern doesn't match.
///
/// - The cost of a pattern is bounded by ``PatternLimits``, whatever it contains; matching never recurses and never backtracks
///   exponentially.
/// - Texts are compared as UTF-8 code points, never by Unicode equivalence.
/// - Matcher and explanation agree; tests compare both with a third, naive implementation.
///
/// It knows nothing of runs or rules, does no I/O and keeps no state between events.
///
/// Begin reading with `Language/ValueTest.swift` (what can be tested), then `Compile/Automaton.swift` (how an event is
/// matched), then `Match/PatternMatcher.swift`.
package struct PatternSet: Sendable {
  let automaton: Automaton
  let arena: Arena

  /// The number of compiled patterns.
  package var count: Int { automaton.patternCount }

  /// The memory of the compiled tables, in bytes.
  package var memorySize: Int { arena.size }

  /// - Throws: if the `$or` lists multiply to too many combinations, or the dialects differ.
  package init(_ patterns: [EventPattern]) throws(PatternSetError) {
    let (dialect, limit) = (patterns.first?.dialect ?? .plain, PatternLimits.conditionsOfSet)
    var conditions = 0
    for (index, pattern) in patterns.enumerated() {
      guard pattern.dialect == dialect else {
        throw PatternSetError(pattern: index, description: "this pattern and the first are read in different dialects")
      }
      conditions += pattern.root.size.conditions
      guard conditions <= limit else {
        throw PatternSetError(
          pattern: index,
          description: "the rules up to here have more than \(limit) conditions, each $or multiplied out")
      }
    }
    var builder = AutomatonBuilder()
    for (index, pattern) in patterns.enumerated() { builder.add(pattern, at: index) }
    let arena = Arena()
    automaton = builder.build(patternCount: patterns.count, dialect, in: arena)
    self.arena = arena
  }

  /// Creates a matcher, which holds working memory and must not be shared between tasks.
  ///
  /// - Parameter keysAreUnique: the caller guarantees that no object of an event repeats a key, as in events that this program
  ///   wrote. Then reading stops once every named field was seen. Otherwise all values of a repeated key count.
  package func makeMatcher(keysAreUnique: Bool = false) -> PatternMatcher {
    PatternMatcher(self, keysAreUnique: keysAreUnique)
  }
}
