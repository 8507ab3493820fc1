internal import GRDB
internal import Locking
internal import Runs

/// The state in one SQLite file: WAL, every commit on the disk before it counts.
package final class SQLiteStore: StateStore {
  private let path: String
  private let isOwn: Bool
  private let isClosed = Locked(false)
  /// Nil: nobody has said by which clock the moments are that are written here.
  let clock = Locked<KeptClock?>(nil)
  let database: DatabasePool
  let writes: WriteQueue

  /// Opens the state, and makes it where there is none.
  ///
  /// - Parameter busyTimeout: how long a write waits for another process's.
  package init(path: String, busyTimeout: Duration = .seconds(10)) throws(StorageError) {
    try StateFile.make(path)
    self.path = path
    isOwn = true
    database = try Self.open(path, busyTimeout)
    writes = WriteQueue(database)
  }

  /// Opens the state of another process, which may be running, to look into it or to leave word there.
  package init(readingFrom path: String) throws(StorageError) {
    guard StateFile.exists(path) else { throw .missing(path: path) }
    self.path = path
    isOwn = false
    database = try Self.open(path, .seconds(10))
    writes = WriteQueue(database)
  }

  private static func open(_ path: String, _ busyTimeout: Duration) throws(StorageError) -> DatabasePool {
    var configuration = Configuration()
    configuration.busyMode = .timeout(Double(busyTimeout.milliseconds) / 1000)
    configuration.maximumReaderCount = 2
    do {
      let pool = try DatabasePool(path: path, configuration: configuration)
      // The pool sets NORMAL when it turns WAL on, and NORMAL loses the last commits when the power goes.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      // What a burst has made of the log is given back.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_size_limit = 4194304") }
      try migrate(pool, path)
      return pool
    } catch let error as StorageError {
      throw error
    } catch {
      throw isDamage(error) ? .damaged(path: path, why: why(error)) : .cannotOpen(path: path, why: why(error))
    }
  }

  /// A state with migrations that we don't know is left as it is: what we would write there might mean something else.
  private static func migrate(_ pool: DatabasePool, _ path: String) throws {
    if try pool.read(Schema.migrator.hasBeenSuperseded) { throw StorageError.newer(path: path) }
    try Schema.migrator.migrate(pool)
  }

  /// SQLite's words without the statement and its values: those may hold what a run says.
  private static func why(_ error: any Error) -> String {
    guard let error = error as? DatabaseError else { return "\(type(of: error))" }
    return error.message ?? "\(error.resultCode)"
  }

  private static func isDamage(_ error: any Error) -> Bool {
    guard let code = (error as? DatabaseError)?.resultCode else { return false }
    return code == .SQLITE_CORRUPT || code == .SQLITE_NOTADB
  }

  private func failure(_ error: any Error) -> StorageError {
    Self.isDamage(error)
      ? .damaged(path: path, why: Self.why(error)) : .failed(path: path, why: Self.why(error))
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
      throw failure(error)
    }
  }

  func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StorageError)
    -> Value
  {
    do {
      return try await writes.write { [clock] database in
        let value = try body(database)
        if let reading = clock.withLock({ $0?.next() }) { try Self.put(reading, database) }
        return value
      }
    } catch let error as StorageError {
      throw error
    } catch {
      throw failure(error)
    }
  }

  /// Lets go of the file; what waits in the log is written into the database.
  package func close() {
    // GRDB hands a closed connection to SQLite as it is, which is none.
    let isFirst = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return !isClosed
    }
    guard isFirst else { return }
    // Closing alone doesn't: the pool closes its writer before its readers, and the last of those may not write
    // (groue/GRDB.swift#739). Another process's log is that process's matter.
    if isOwn { _ = try? database.writeWithoutTransaction { try $0.checkpoint(.truncate) } }
    try? database.close()
  }
}
