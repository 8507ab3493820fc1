package import Runs

/// The pages of the list, one after the other, newest runs first.
package struct RunPages {
  /// A list that has more pages than this never ends.
  private static let mostPages = 10_000
  /// Asked for; the server may grant fewer.
  private static let pageSize = 100

  private let client: ViClient
  private var tokens: Set<String> = []
  private var token: String?
  private var isAtEnd = false

  package init(client: ViClient) {
    self.client = client
  }

  /// Nil behind the last page. Throws ``SourceError/notVi(_:)`` when a token comes a second time, or there is no end.
  package mutating func next() async throws(SourceError) -> RunPage? {
    guard !isAtEnd else { return nil }
    let page = try await client.page(token: token, size: Self.pageSize)
    token = page.nextPage
    guard let token else {
      isAtEnd = true
      return page
    }
    guard tokens.insert(token).inserted else {
      throw .notVi("the list goes in a circle: the token of page \(tokens.count + 1) was given before")
    }
    guard tokens.count < Self.mostPages else { throw .notVi("the list has more than \(Self.mostPages) pages") }
    return page
  }
}
