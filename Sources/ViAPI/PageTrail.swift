/// Where a reader of pages has been: every list has to come to an end.
package struct PageTrail: Sendable {
  /// A list that has more pages than this never ends.
  private static let maxPages = 10_000

  private var tokens: Set<String> = []

  package init() {}

  /// Whether the page that is read now is the first.
  package var isAtStart: Bool { tokens.isEmpty }

  /// Throws ``SourceError/notVi(_:)`` when `token` comes a second time, or there is no end.
  package mutating func follow(_ token: String) throws(SourceError) {
    guard tokens.insert(token).inserted else {
      throw .notVi("the list goes in a circle: the token of page \(tokens.count + 1) was given before")
    }
    guard tokens.count < Self.maxPages else { throw .notVi("the list has more than \(Self.maxPages) pages") }
  }
}
