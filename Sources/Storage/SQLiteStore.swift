internal import GRDB
internal import Locking
internal import Runs

/// The state in one SQLite file: WAL, every commit on the disk before it counts.
package final class SQLiteStore: StateStore {
  private let path: String
  private let place: String
  private let presence: StatePresence?
  private let patience: BusyPatience
  /// Where a state was brought up to date by a command that is no watcher.
  private let lock: StateLock?
  private let isClosed = Locked(false)
  /// Nil: nobody has said by which clock the moments are that are written here.
  let clock = Locked<KeptClock?>(nil)
  let database: any DatabaseWriter
  let writes: WriteQueue

  /// Opens the state to watch with it, makes it where there is none, and brings it up to date where an earlier version has
  /// written it.
  ///
  /// - Parameters:
  ///   - identity: of the file that is locked; nil: whichever is there.
  ///   - busyTimeout: how long a write waits for another program's.
  ///   - onWait: is called, on a thread that waits, when that takes longer than some seconds; it gets the process that has the
  ///     lock, where that is known.
  package convenience init(
    path: String, identity: FileIdentity? = nil, busyTimeout: Duration = .seconds(60),
    onWait: @escaping @Sendable (_ processID: String?) -> Void = { _ in }
  ) throws(StorageError) {
    let place = try StateFile.make(path)
    let opening = StateOpening(path: path, place: place, busyTimeout: busyTimeout, onWait: onWait)
    try self.init(opening, watching: try opening.upToDate(), identity)
  }

  /// Opens the state of another process, which may be running, to look into it; nothing in it changes. What an earlier version
  /// has written is read from a copy that is brought up to date.
  package convenience init(readingFrom path: String) throws(StorageError) {
    let opening = try StateOpening(existing: path)
    self.init(opening, try opening.forReading())
  }

  /// Opens the state of another process, which may be running, to leave word there. What an earlier version has written is
  /// brought up to date first; throws `older` when a watcher holds it.
  package convenience init(
    leavingWordIn path: String, onWait: @escaping @Sendable (_ processID: String?) -> Void
  ) throws(StorageError) {
    let opening = try StateOpening(existing: path, onWait: onWait)
    let lock = try opening.isUpToDate() ? nil : opening.lock()
    self.init(opening, try opening.upToDate(), lock: lock)
  }

  private init(
    _ opening: StateOpening, _ database: any DatabaseWriter, presence: StatePresence? = nil,
    lock: consuming StateLock? = nil
  ) {
    (path, place, patience) = (opening.path, opening.place, opening.patience)
    self.presence = presence
    self.lock = lock
    self.database = database
    writes = WriteQueue(database) { [path] database in try Self.check(presence, path, database) }
  }

  /// A state that goes missing between its being locked and its being opened is no state to watch with.
  private convenience init(
    _ opening: StateOpening, watching database: any DatabaseWriter, _ identity: FileIdentity?
  ) throws(StorageError) {
    guard let presence = StatePresence(path: opening.path, place: opening.place), identity.map(presence.isOf) ?? true
    else { throw .gone(path: opening.path, file: opening.path) }
    self.init(opening, database, presence: presence)
  }

  /// From now on a write that finds the state locked by another program is given up soon: we are to end.
  package func hurry() { patience.shorten(to: .seconds(2)) }

  /// What was written to files that have no name any more, nobody will find again.
  private static func check(_ presence: StatePresence?, _ path: String, _ database: Database?) throws(StorageError) {
    switch presence?.fault() {
    case nil: return
    case .gone(let file): throw .gone(path: path, file: file)
    case .logGone(let file):
      // The log is still open here, and nobody else can have it.
      _ = try? database?.checkpoint(.full)
      throw .logGone(path: path, file: file)
    }
  }

  /// SQLite's words without the statement and its values: those may hold what a run says.
  static func why(_ error: any Error) -> String {
    guard let error = error as? DatabaseError else { return "\(type(of: error))" }
    return error.message ?? "\(error.resultCode)"
  }

  static func isDamage(_ error: any Error) -> Bool {
    guard let code = (error as? DatabaseError)?.resultCode else { return false }
    return code == .SQLITE_CORRUPT || code == .SQLITE_NOTADB
  }

  private func failure(_ error: any Error) -> StorageError {
    if let error = error as? StorageError { return error }
    if isBusy(error) { return .busy(path: path, processID: StateOpening.writer(of: place)) }
    return Self.isDamage(error)
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
      // What is sent was read before: not from a file that is nobody's any more.
      try Self.check(presence, path, nil)
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
    hurry()
    if let presence {
      switch presence.fault() {
      case nil, .logGone: _ = try? database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      // The names are another's by now.
      case .gone: break
      }
    }
    try? database.close()
  }
}
