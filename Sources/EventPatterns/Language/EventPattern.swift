package import JSONSource

/// How a pattern is read where AWS's event-ruler and plain sense differ.
package enum PatternDialect: Sendable {
  /// A dot in a key is a dot; a field that is named twice is a mistake; a string is compared as text.
  case plain
  /// As event-ruler 2.0.1 reads: the key `a.b` and the key `b` in `a` are one field; of several conditions for one
  /// field the last one written counts; a string that is an IP address stands for all ways to write it.
  case eventRuler
}

/// What one pattern says, checked; not yet compiled with others.
package struct EventPattern: Sendable {
  let root: PatternGroup
  let dialect: PatternDialect

  /// Checks the pattern that `node` holds.
  ///
  /// - Parameter path: where the node stands in its document, for messages.
  /// - Throws: all mistakes at once, each with the place in the source.
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
