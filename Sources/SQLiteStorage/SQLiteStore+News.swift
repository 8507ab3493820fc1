internal import GRDB
package import Runs
package import Storage

/// The number of ``NewsBoard`` is one that a connection sees changed when, and only when, another one has committed
/// (`PRAGMA data_version`, sqlite.org/pragma.html). All writes of this process go through one connection, the writer's: asked
/// there, the number changes by other processes only. Asking reads the index of the log in shared memory and touches no table.
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
      return board.take(number: try version.get())
    } catch {
      throw failure(error)
    }
  }
}
