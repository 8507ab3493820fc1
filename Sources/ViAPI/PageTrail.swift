/// The page tokens a reader has followed, to detect lists that never end.
package struct PageTrail: Sendable {
  /// A list with more pages than this counts as endless.
  private static let maxPages = 10_000

  private var tokens: Set<String> = []

  package init() {}

  /// Whether the current page is the first.
  package var isAtStart: Bool { tokens.isEmpty }

  /// Throws ``SourceError/notVi(_:)`` if `token` comes a second time, or the list is endless.
  package mutating func follow(_ token: String) throws(SourceError) {
    guard tokens.insert(token).inserted else {
      throw .notVi("the list is circular: the token of page \(tokens.count + 1) came before")
    }
    guard tokens.count < Self.maxPages else { throw .notVi("the list has more than \(Self.maxPages) pages") }
  }
}
