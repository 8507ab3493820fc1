package import JSONSource

/// How to read a pattern where AWS's event-ruler differs from the obvious meaning.
package enum PatternDialect: Sendable {
  /// A dot in a key is a dot; a repeated field is a mistake; a string is compared as text.
  case plain
  /// Like event-ruler 2.0.1: the key `a.b` and the key `b` in `a` are the same field; of several conditions for one field the last
  /// one counts; a string that is an IP address matches all its spellings.
  case eventRuler
}

/// A pattern that was read and checked, but not compiled yet.
package struct EventPattern: Sendable {
  let root: PatternGroup
  let dialect: PatternDialect

  /// Checks the pattern in `node`.
  ///
  /// - Parameter path: the node's path in its document, for messages.
  /// - Throws: all mistakes, each with its place in the source.
  package init(
    _ node: JSONNode, path: String = "match", dialect: PatternDialect = .plain
  ) throws(PatternErrors) {
    var reader = PatternReader(dialect: dialect)
    let root = reader.read(node, at: path)
    guard reader.errors.isEmpty else { throw PatternErrors(errors: reader.errors) }
    self.root = root
    self.dialect = dialect
  }
}
