internal import GRDB
import Glibc
internal import Runs
internal import Storage

/// How a state is opened, before it is a store.
struct StateOpening: Sendable {
  let path: String
  /// Where the path leads.
  let place: String
  let patience: BusyPatience

  init(
    path: String, place: String, busyTimeout: Duration = .seconds(60),
    onWait: @escaping @Sendable (StateWait) -> Void = { _ in }
  ) {
    self.path = path
    self.place = place
    patience = BusyPatience(limit: busyTimeout) { onWait(.locked(processID: Self.writer(of: place))) }
  }

  /// A state that must be there, and may be in use.
  init(
    existing path: String, onWait: @escaping @Sendable (StateWait) -> Void = { _ in }
  ) throws(StorageError) {
    guard StateFile.exists(path) else { throw .missing(state: path) }
    let place = try StateFile.place(of: path)
    if let holder = StateLock.otherHolder(of: place) { throw .otherName(path: path, processID: holder) }
    self.init(path: path, place: place, onWait: onWait)
  }

  /// For writing, with all that this version needs.
  func upToDate() throws(StorageError) -> any DatabaseWriter {
    try attempt {
      let pool = try DatabasePool(path: place, configuration: configuration)
      // The pool sets NORMAL when it turns WAL on, and NORMAL loses the last commits when the power goes.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      // What a burst has made of the log is given back.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_size_limit = 4194304") }
      try refuseNewer(pool)
      try Schema.migrator.migrate(pool)
      return pool
    }
  }

  /// Nothing is written. The copy lies in a file without a name, which SQLite removes.
  func forReading() throws(StorageError) -> any DatabaseWriter {
    try attempt {
      let pool = try DatabasePool(path: place, configuration: readOnly)
      try refuseNewer(pool)
      if try pool.read(Schema.migrator.hasCompletedMigrations) { return pool }
      let copy = try DatabaseQueue(path: "")
      try pool.backup(to: copy)
      try pool.close()
      try Schema.migrator.migrate(copy)
      return copy
    }
  }

  /// Whether nothing has to be changed in the state before this version can write into it.
  func isUpToDate() throws(StorageError) -> Bool {
    try attempt {
      let queue = try DatabaseQueue(path: place, configuration: readOnly)
      defer { try? queue.close() }
      try refuseNewer(queue)
      return try queue.read(Schema.migrator.hasCompletedMigrations)
    }
  }

  /// So that nobody watches while the state is brought up to date.
  func lock() throws(StorageError) -> StateLock {
    do throws(StorageError) {
      return try StateLock(state: path)
    } catch {
      guard case .held(_, let processID) = error else { throw error }
      throw .older(state: path, processID: processID)
    }
  }

  private var configuration: Configuration {
    var configuration = Configuration()
    configuration.busyMode = .callback { [patience] in patience.goesOn(after: $0) }
    configuration.maximumReaderCount = 2
    return configuration
  }

  private var readOnly: Configuration {
    var configuration = configuration
    configuration.readonly = true
    return configuration
  }

  /// A state with migrations that we don't know is left as it is: what we would write there might mean something else.
  private func refuseNewer(_ database: any DatabaseReader) throws {
    if try database.read(Schema.migrator.hasBeenSuperseded) { throw StorageError.newer(state: path) }
  }

  private func attempt<Result>(_ body: () throws -> Result) throws(StorageError) -> Result {
    do {
      return try body()
    } catch let error as StorageError {
      throw error
    } catch {
      let why = SQLiteStore.why(error)
      if isBusy(error) { throw .busy(state: path, processID: Self.writer(of: place)) }
      throw SQLiteStore.isDamage(error) ? .damaged(state: path, why: why) : .cannotOpen(state: path, why: why)
    }
  }

  /// Who writes into a state: byte 120 of the log's index is locked by it (sqlite.org/walformat.html, "WAL locks"). The file must not
  /// be opened to ask, for closing it would lose SQLite's locks on it.
  static func writer(of place: String) -> String? {
    FileIdentity(path: place + "-shm").flatMap { LockTable.current.livingHolder(of: $0, .range, at: 120) }
  }
}

/// Another program has the state locked.
func isBusy(_ error: any Error) -> Bool {
  (error as? DatabaseError)?.resultCode == .SQLITE_BUSY
}
