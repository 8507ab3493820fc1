/// Patterns compiled together; immutable, and free to be used from several tasks at once, each with its own matcher.
package struct PatternSet: Sendable {
  let automaton: Automaton
  let arena: Arena

  /// How many patterns were compiled.
  package var count: Int { automaton.patternCount }

  /// Memory that the compiled tables take, in bytes.
  package var memorySize: Int { arena.size }

  /// - Throws: when the combinations of all `$or` lists together are too many, or the dialects differ.
  package init(_ patterns: [EventPattern]) throws(PatternSetError) {
    var builder = AutomatonBuilder()
    let dialect = patterns.first?.dialect ?? .plain
    for (index, pattern) in patterns.enumerated() {
      guard pattern.dialect == dialect else {
        throw PatternSetError(pattern: index, description: "this pattern and the first are read in different dialects")
      }
      try builder.add(pattern, at: index)
    }
    let arena = Arena()
    automaton = builder.build(patternCount: patterns.count, dialect, in: arena)
    self.arena = arena
  }

  /// Holds the memory to work in; not to be shared between tasks.
  ///
  /// - Parameter keysAreUnique: the caller vouches that no object of an event has a key twice, as for events that this
  ///   program wrote. Then reading stops where every field that a pattern names was seen. Without it all values of a
  ///   key that stands twice count.
  package func makeMatcher(keysAreUnique: Bool = false) -> PatternMatcher {
    PatternMatcher(self, keysAreUnique: keysAreUnique)
  }
}
