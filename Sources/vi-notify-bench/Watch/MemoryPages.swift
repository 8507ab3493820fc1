import Locking
import Runs
import ViAPI
import Watching

/// A source whose pages lie in memory.
final class MemoryPages: RunSource {
  private struct State {
    var listing: RunListing
    var pages: [[UInt8]]
    /// Which tenth of the runs changes next.
    var turn = 0
  }

  private let state: Locked<State>
  let origin = RunEvent.Origin(organization: RunListing.organization, endpoint: "http://127.0.0.1:1")
  let clockSkew: Duration = .zero

  init(_ listing: RunListing) {
    state = Locked(State(listing: listing, pages: Self.pages(listing)))
  }

  var current: [[UInt8]] { state.withLock { $0.pages } }
  var byteCount: Int { state.withLock { $0.pages.reduce(0) { $0 + $1.count } } }

  /// Every tenth run gets a document that says the same in other bytes.
  func changeTenth() {
    state.withLock { state in
      state.listing.changeTenth(state.turn)
      state.turn = (state.turn + 1) % 10
      state.pages = Self.pages(state.listing)
    }
  }

  func page(token: String?, size: Int, timeout: Duration) async throws(SourceError) -> PageAnswer {
    let place = (token.flatMap { Int($0) } ?? 0) / 100
    let page = state.withLock { $0.pages.indices.contains(place) ? $0.pages[place] : [] }
    return PageAnswer(bytes: page)
  }

  func run(id: String, timeout: Duration, isFresh: Bool) async throws(SourceError) -> Run {
    throw .noSuchRun(id: id)
  }

  private static func pages(_ listing: RunListing) -> [[UInt8]] {
    stride(from: 0, to: listing.count, by: 100).map { offset in
      var page: [UInt8] = []
      listing.writePage(offset: offset, size: 100, into: &page)
      return page
    }
  }
}
