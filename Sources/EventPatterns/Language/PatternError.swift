/// One mistake in a pattern, with its place in the source text.
package struct PatternError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Byte offsets of the wrong part in the source.
  package let range: Range<Int>
  /// Its path in the document: `match.phase`, `match.tags[0].numeric`.
  package let path: String
  /// What is wrong, as a lower-case clause without the place.
  package let description: String
  /// What is allowed, or why, if that helps.
  package let hint: String?

  /// `match.phase: write ["failed"], not "failed": a pattern's values go into a list`
  package var fullDescription: String {
    "\(path): \(description)" + (hint.map { ": \($0)" } ?? "")
  }
}

/// All mistakes of one pattern, in source order.
package struct PatternErrors: Error, Sendable, Equatable, CustomStringConvertible {
  package let errors: [PatternError]

  package var description: String {
    errors.map(\.fullDescription).joined(separator: "; ")
  }
}

/// Why patterns that are valid individually can't be compiled together.
package struct PatternSetError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The index of the pattern that exceeded a limit.
  package let pattern: Int
  package let description: String
}

/// Limits that keep the cost of a pattern proportional to its text.
enum PatternLimits {
  /// Nested objects, including `$or`.
  static let depth = 500
  /// Combinations of one alternative from each `$or`.
  static let combinations = 4_096
  /// Conditions of one pattern, summed over its combinations.
  static let conditions = 100_000
  /// Conditions of all patterns of a set, summed over their combinations.
  static let conditionsOfSet = 400_000
  /// Bytes of all paths of one pattern.
  static let pathBytes = 4_000_000
  /// Reported mistakes per pattern: more would only repeat the first ones.
  static let errors = 50
}
