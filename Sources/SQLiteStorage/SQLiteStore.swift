internal import GRDB
internal import Locking
internal import Runs
package import Storage

/// The state in one SQLite file: WAL, every commit on the disk before it counts.
///
/// This module implements ``StateStore`` with SQLite, and is the only one that sees its SQL or the path of a state.
///
/// - In: a path, and the calls of the protocol. Out: values of `Storage`, and `StorageError` with the path and SQLite's own words,
///   never with a value of a row.
/// - ``StateOpening`` looks at the file and its disk (`File/`), takes the lock of whoever watches, and runs the migrations
///   (`Schema`); then this class and its extensions are the protocol, an extension an idea.
/// - Invariants: one watcher a file (``StateLock``); writes go through ``WriteQueue``, which commits together what waits together,
///   with `synchronous = FULL`; what was written to a file that lost its name counts as not written (``StatePresence``); a
///   migration that has landed never changes.
/// - What it doesn't do: keep time, plan, or decide what is sent. Times come in as parameters.
/// - Begin with ``Schema``, then `SQLiteStore+Outbox.swift` and `SQLiteStore+Settling.swift`.
package final class SQLiteStore: StateStore {
  let path: String
  private let place: String
  let presence: StatePresence?
  private let patience: BusyPatience
  private let isClosed = Locked(false)
  /// Nil: nobody has said by which clock the moments are that are written here.
  let clock = Locked<KeptClock?>(nil)
  let board = NewsBoard()
  let database: any DatabaseWriter
  let writes: WriteQueue
  /// Held while somebody watches with the state, or while a command that is no watcher brings it up to date; nil: not, or not
  /// any more. It goes after the connections: SQLite loses its own locks when any descriptor of the file is closed.
  private let hold: Locked<HeldLock?>

  package var name: String { path }
  package var file: String? { path }

  /// Opens the state for writing. Creates a state that doesn't exist, and migrates one that an earlier version wrote.
  ///
  /// - Parameters:
  ///   - lock: what keeps other watchers away; nil: nothing does.
  ///   - busyTimeout: how long a write waits for another program's.
  ///   - onWait: is called, on a thread that waits, when that takes longer than some seconds.
  convenience init(
    path: String, lock: consuming StateLock? = nil, busyTimeout: Duration = .seconds(60),
    onWait: @escaping @Sendable (StateWait) -> Void = { _ in }
  ) throws(StorageError) {
    let identity = lock?.identity
    let place = try StateFile.make(path)
    let opening = StateOpening(path: path, place: place, busyTimeout: busyTimeout, onWait: onWait)
    let database = try opening.upToDate()
    // A state that goes missing between its being locked and its being opened is no state to watch with.
    guard let presence = StatePresence(path: path, place: place), identity.map(presence.isOf) ?? true else {
      throw .gone(path: path, file: path)
    }
    self.init(opening, database, presence: presence, lock: lock)
  }

  /// Opens the state of another process, which may be running, to look into it; nothing in it changes. What an earlier version
  /// has written is read from a copy that is brought up to date.
  convenience init(readingFrom path: String) throws(StorageError) {
    let opening = try StateOpening(existing: path)
    self.init(opening, try opening.forReading())
  }

  /// Opens the state of another process, which may be running, to leave word there. What an earlier version has written is
  /// brought up to date first; throws `older` when a watcher holds it.
  convenience init(
    leavingWordIn path: String, onWait: @escaping @Sendable (StateWait) -> Void
  ) throws(StorageError) {
    let opening = try StateOpening(existing: path, onWait: onWait)
    let lock = try opening.isUpToDate() ? nil : opening.lock()
    self.init(opening, try opening.upToDate(), lock: lock)
  }

  /// Opens the state of a watcher that has ended, to copy it, and keeps others from watching with it. Nothing in it changes, and
  /// what an earlier version has written is read from a copy that is brought up to date.
  convenience init(copyingFrom path: String) throws(StorageError) {
    let opening = try StateOpening(existing: path)
    let lock = try StateLock(state: path)
    self.init(opening, try opening.forReading(), lock: lock)
  }

  private init(
    _ opening: StateOpening, _ database: any DatabaseWriter, presence: StatePresence? = nil,
    lock: consuming StateLock? = nil
  ) {
    (path, place, patience) = (opening.path, opening.place, opening.patience)
    self.presence = presence
    hold = Locked(HeldLock(lock))
    self.database = database
    writes = WriteQueue(database) { [path] database in try Self.check(presence, path, database) }
  }

  package func endSoon() { patience.shorten(to: .seconds(2)) }

  /// What was written to files that have no name any more, nobody will find again.
  static func check(_ presence: StatePresence?, _ path: String, _ database: Database?) throws(StorageError) {
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

  func failure(_ error: any Error) -> StorageError {
    if let error = error as? StorageError { return error }
    if let column = error as? UnreadableColumn {
      return .unreadable(state: path, row: column.row, column: column.column)
    }
    if isBusy(error) { return .busy(state: path, processID: StateOpening.writer(of: place)) }
    return Self.isDamage(error)
      ? .damaged(state: path, why: Self.why(error)) : .failed(state: path, why: Self.why(error))
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
    endSoon()
    if let presence {
      switch presence.fault() {
      case nil, .logGone: _ = try? database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      // The names are another's by now.
      case .gone: break
      }
    }
    try? database.close()
    hold.withLock { $0 = nil }
  }
}

/// A lock that can be let go of before the store goes.
private final class HeldLock: Sendable {
  private let lock: StateLock

  init?(_ lock: consuming StateLock?) {
    guard let lock else { return nil }
    self.lock = lock
  }
}

extension SQLiteStore: StateStoreDriver {
  package static var letsShare: Bool { false }

  package static func open(
    _ name: String, for use: StateUse, onWait: @escaping @Sendable (StateWait) -> Void
  ) throws(StorageError) -> any StateTables {
    switch use {
    case .watching, .sharing: try SQLiteStore(path: name, lock: StateLock(state: name), onWait: onWait)
    case .reading: try SQLiteStore(readingFrom: name)
    case .copying: try SQLiteStore(copyingFrom: name)
    case .leavingWord: try SQLiteStore(leavingWordIn: name, onWait: onWait)
    }
  }
}
