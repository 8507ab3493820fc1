package import Runs
internal import Transport
package import ViAPI

/// The pages of the list in order, newest runs first.
package struct RunPages {
  private let source: any RunSource
  private let timeLeft: @Sendable () -> Duration
  /// The requested number of items. Tokens may be page numbers, so it stays the same from page to page.
  package private(set) var size: Int
  private var trail = PageTrail()
  private var token: String?
  private var isAtEnd = false
  /// The number of items on the first page, if there is a second: what the server grants.
  package private(set) var granted: Int?

  /// - Parameter timeLeft: for all pages together.
  package init(
    source: any RunSource, size: Int = 100, timeLeft: @escaping @Sendable () -> Duration = { ViClient.requestTimeout }
  ) {
    self.source = source
    self.size = size
    self.timeLeft = timeLeft
  }

  /// Nil after the last page. Throws ``SourceError/notVi(_:)`` if a token repeats, or the list is endless.
  package mutating func next(recognise: RunPage.Recognise = { _ in nil }) async throws(SourceError) -> RunPage? {
    guard !isAtEnd else { return nil }
    let answer = trail.isAtStart && token == nil ? try await first() : try await page()
    guard let page = RunPage(answer.bytes, recognise: recognise) else { throw .notVi(answer.shape) }
    token = page.nextPage
    guard let token else {
      isAtEnd = true
      return page
    }
    if trail.isAtStart { granted = page.items.count }
    try trail.follow(token)
    return page
  }

  /// Retries with smaller pages if the server refuses large ones, or if a page would be too long.
  private mutating func first() async throws(SourceError) -> PageAnswer {
    while true {
      do throws(SourceError) {
        return try await page()
      } catch {
        guard error.isOfTooLargeAPage, size > 1 else { throw error }
        size = size > 100 ? 100 : max(1, size / 10)
      }
    }
  }

  private func page() async throws(SourceError) -> PageAnswer {
    let left = timeLeft()
    guard left > .zero else { throw .tooSlow }
    return try await source.page(token: token, size: size, timeout: min(ViClient.requestTimeout, left))
  }
}

extension SourceError {
  fileprivate var isOfTooLargeAPage: Bool {
    switch self {
    case .rejected(let status, _): [400, 413, 416, 422].contains(status)
    case .unreachable(let error): if case .bodyTooLarge = error { true } else { false }
    default: false
    }
  }
}
