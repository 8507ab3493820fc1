internal import GRDB
internal import Locking
package import Runs
package import Storage

/// What this process has written that somebody here waits for, and what others have.
///
/// Another process can't ring a bell here: SQLite has none. It has a number that a connection sees changed when, and only when,
/// another one has committed (`PRAGMA data_version`, sqlite.org/pragma.html). All writes of this process go through one
/// connection, the writer's: asked there, the number changes by other processes only. Asking reads the index of the log in
/// shared memory and touches no table.
final class NewsBoard: Sendable {
  private struct State {
    var news: StateNews = []
    /// Nil: it was never asked for.
    var version: Int64?
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

  func take(version: Int64) -> StateNews {
    state.withLock { state in
      if state.version != version { state.news.insert(.outside) }
      state.version = version
      defer { state.news = [] }
      return state.news
    }
  }
}

extension SQLiteStore {
  package func news(within limit: Duration, by time: TimeSource) async throws(StorageError) -> StateNews {
    await board.wait(within: limit, by: time)
    let version = await withCheckedContinuation { continuation in
      database.asyncWriteWithoutTransaction { database in
        continuation.resume(
          returning: Result { try Int64.fetchOne(database, sql: "PRAGMA data_version") ?? 0 })
      }
    }
    do {
      try Self.check(presence, path, nil)
      return board.take(version: try version.get())
    } catch {
      throw failure(error)
    }
  }
}
