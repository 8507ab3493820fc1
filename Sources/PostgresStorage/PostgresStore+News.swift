internal import Locking
package import Runs
package import Storage

/// What this process has written that somebody here waits for, and what others have.
///
/// Another process can't ring a bell here through a pooler of transactions. There is a number that grows with each of its
/// transactions, and in none of the watcher's: it is asked for when the time is over.
final class NewsBoard: Sendable {
  private struct State {
    var news: StateNews = []
    /// Nil: it was never asked for.
    var counter: Int64?
  }

  private let state = Locked(State())
  private let bell = WakeUp()

  func post(_ news: StateNews) {
    state.withLock { $0.news.formUnion(news) }
    bell.ring()
  }

  func wait(within limit: Duration, by time: TimeSource) async {
    guard state.withLock({ $0.news.isEmpty }) else { return }
    await withTaskGroup { group in
      group.addTask { try? await time.sleep(limit) }
      group.addTask { [bell] in await bell.wait() }
      await group.next()
      group.cancelAll()
    }
  }

  func take(counter: Int64) -> StateNews {
    state.withLock { state in
      if state.counter != counter { state.news.insert(.outside) }
      state.counter = counter
      defer { state.news = [] }
      return state.news
    }
  }
}

extension PostgresStore {
  package func news(within limit: Duration, by time: TimeSource) async throws(StorageError) -> StateNews {
    await board.wait(within: limit, by: time)
    let counter = try await readUnderLease { database in
      try database.first("SELECT counter FROM vi_notify.news", of: "news", by: "counter") { try $0.integer("counter") }
    }
    return board.take(counter: counter ?? 0)
  }
}
