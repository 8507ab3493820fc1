internal import GRDB
internal import Runs

/// The state in one SQLite file: WAL, every commit on the disk before it counts.
package final class SQLiteStore: StateStore {
  private let path: String
  let database: DatabasePool
  let writes: WriteQueue

  /// Opens the state, and makes it where there is none.
  package init(path: String) throws(StorageError) {
    try StateFile.make(path)
    self.path = path
    database = try Self.open(path)
    writes = WriteQueue(database)
  }

  /// Opens the state of another process, which may be running, to look into it or to leave word there.
  package init(readingFrom path: String) throws(StorageError) {
    guard StateFile.exists(path) else { throw .missing(path: path) }
    self.path = path
    database = try Self.open(path)
    writes = WriteQueue(database)
  }

  private static func open(_ path: String) throws(StorageError) -> DatabasePool {
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.maximumReaderCount = 2
    do {
      let pool = try DatabasePool(path: path, configuration: configuration)
      // The pool sets NORMAL when it turns WAL on, and NORMAL loses the last commits when the power goes.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      try Schema.migrator.migrate(pool)
      return pool
    } catch {
      throw .cannotOpen(path: path, why: why(error))
    }
  }

  /// SQLite's words without the statement and its values: those may hold what a run says.
  private static func why(_ error: any Error) -> String {
    guard let error = error as? DatabaseError else { return "\(type(of: error))" }
    return error.message ?? "\(error.resultCode)"
  }

  /// Not cut off by cancellation: whoever is being stopped still has to write down how things ended.
  func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StorageError) -> Value
  {
    let result = await withCheckedContinuation { continuation in
      database.asyncRead { access in
        continuation.resume(returning: Result { try body(access.get()) })
      }
    }
    do {
      return try result.get()
    } catch {
      throw .failed(path: path, why: Self.why(error))
    }
  }

  func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StorageError)
    -> Value
  {
    do {
      return try await writes.write(body)
    } catch let error as StorageError {
      throw error
    } catch {
      throw .failed(path: path, why: Self.why(error))
    }
  }

  /// Lets go of the file; what waits in the log is written into the database.
  package func close() {
    try? database.close()
  }
}
