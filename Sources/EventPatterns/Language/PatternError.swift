/// One mistake in a pattern, with its place in the text it was written in.
package struct PatternError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Byte offsets in the source of the part that is wrong.
  package let range: Range<Int>
  /// Where in the document that is: `match.phase`, `match.tags[0].numeric`.
  package let path: String
  /// What is wrong, as a lower-case clause without the place.
  package let description: String
  /// What is allowed or why, where that helps.
  package let hint: String?

  /// `match.phase: write ["failed"], not "failed": the values of a pattern stand in a list`
  package var fullDescription: String {
    "\(path): \(description)" + (hint.map { ": \($0)" } ?? "")
  }
}

/// All mistakes of one pattern, in the order in which they were written.
package struct PatternErrors: Error, Sendable, Equatable, CustomStringConvertible {
  package let errors: [PatternError]

  package var description: String {
    errors.map(\.fullDescription).joined(separator: "; ")
  }
}

/// Why patterns that are right each for itself can't be compiled together.
package struct PatternSetError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Index of the pattern with which a bound was passed.
  package let pattern: Int
  package let description: String
}

/// The bounds that keep the cost of a pattern in proportion to its text.
enum PatternLimits {
  /// Objects within objects, `$or` included.
  static let depth = 500
  /// Combinations of one alternative from each `$or`.
  static let combinations = 4_096
  /// Conditions of one pattern, summed over its combinations.
  static let conditions = 100_000
  /// Conditions of all patterns of a set, summed over their combinations.
  static let conditionsOfSet = 400_000
  /// Bytes of all paths of one pattern.
  static let pathBytes = 4_000_000
  /// Mistakes reported for one pattern: more would only echo the first ones.
  static let errors = 50
}
