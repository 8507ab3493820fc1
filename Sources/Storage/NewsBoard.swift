internal import Locking
package import Runs

/// What this process has written that somebody here waits for, and whether others have written. A store has one for
/// ``StateStore/news(within:by:)``.
///
/// Another process can't ring a bell here. A store has a number that changes with what other processes write, and never with
/// what this one does; it is asked for when the time is over.
package final class NewsBoard: Sendable {
  private struct State {
    var news: StateNews = []
    /// Nil: it was never asked for.
    var number: Int64?
  }

  private let state = Locked(State())
  private let bell = WakeUp()

  package init() {}

  package func post(_ news: StateNews) {
    state.withLock { $0.news.formUnion(news) }
    bell.ring()
  }

  /// Returns when something is posted that nobody has taken, at the latest after `limit`.
  package func wait(within limit: Duration, by time: TimeSource) async {
    guard state.withLock({ $0.news.isEmpty }) else { return }
    await withTaskGroup { group in
      group.addTask { try? await time.sleep(limit) }
      group.addTask { [bell] in await bell.wait() }
      await group.next()
      group.cancelAll()
    }
  }

  /// - Parameter number: as it is now; another one than at the last call, or the first, is news from outside.
  package func take(number: Int64) -> StateNews {
    state.withLock { state in
      if state.number != number { state.news.insert(.outside) }
      state.number = number
      defer { state.news = [] }
      return state.news
    }
  }
}
