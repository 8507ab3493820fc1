internal import Locking
internal import Runs
package import Storage

/// The state in a PostgreSQL database, for processes on several machines: one watches, all deliver.
///
/// This module implements ``StateStore`` with PostgreSQL, and is the only one that sees its SQL and libpq.
///
/// - In: a URI, and the calls of the protocol. Out: values of `Storage`, and `StorageError` with the URI without its password, the
///   server's own words and SQLSTATE, never with a value of a row.
/// - `Connection/` speaks with the server: ``PostgresConnection`` carries out one ``Statement`` with a limit of time, ``Link`` waits
///   for a server that is away, ``Worker`` gives a link a thread. ``StateOpening`` looks at the schema; then this class and its
///   extensions are the protocol, an extension an idea, named as those of `SQLiteStorage`.
/// - Invariants: every transaction of a process that may send holds its row (``Membership``), and with it what belongs to the process;
///   writes go through ``WriteQueue``, which commits together what waits together, and never takes a commit for lost that wasn't;
///   nothing lives in a session, so that a pooler in transaction mode may stand in between; a migration that has landed never changes.
/// - Several write at once. What is decided by rows that others may be changing locks them first: a delivery that waits behind others
///   (`PostgresStore+Ledger.swift`), the last of a run's hooks (`PostgresStore+Settling.swift`), a digest that is closed.
/// - What it doesn't do: plan, or decide what is sent.
/// - Begin with ``Schema``, then `PostgresStore+Outbox.swift` and `PostgresStore+Settling.swift`.
package final class PostgresStore: StateStore {
  /// Nil: others may be working, beside whom this one looks or leaves word.
  let membership: Membership?
  /// Others may be working beside this one.
  let shares: Bool
  /// Nil: nobody has said by which clock the moments are that are written here.
  let clock = Locked<KeptClock?>(nil)
  let board = NewsBoard()
  let lone = Locked(LoneTargets())
  /// Nil: nobody shares the state with this process.
  let channel: NewsChannel?
  private let target: PostgresTarget
  let patience: Patience
  private let writer: Worker
  private let writes: WriteQueue
  private let readers: [Worker]
  /// Apart from the others: a page must not wait behind what waits for the server.
  private let glances: Worker
  private let turn = Locked(0)
  /// A watcher waits for as long as it takes, whoever sits before a terminal for this long.
  private static let lookTime: Duration = .seconds(10)
  private static let wordTime: Duration = .seconds(60)
  /// Of one call for somebody who waits before a page.
  private static let glanceTime: Duration = .seconds(10)
  private let isClosed = Locked(false)

  package var name: String { target.name }
  package var file: String? { nil }

  init(_ opening: StateOpening, _ membership: Membership?) throws(StorageError) {
    (self.membership, target, patience) = (membership, opening.target, opening.patience)
    shares = opening.use.isShared
    channel =
      if shares, let membership { try NewsChannel(target, patience, member: membership.id, board) } else { nil }
    writer = Worker { [target, patience] in Link(target, writes: true, patience: patience) }
    writes = WriteQueue(writer, Fence(member: membership?.id), within: membership == nil ? Self.wordTime : nil)
    let mayWrite = opening.use != .reading
    readers = (0..<2).map { [target, patience] _ in
      Worker { Link(target, writes: mayWrite, patience: patience) }
    }
    glances = Worker { [target, patience] in
      Link(target, writes: mayWrite, patience: patience, callTime: Self.glanceTime)
    }
    for worker in [writer, glances] + readers {
      let code = worker.start()
      guard code == 0 else { throw .failed(state: target.name, why: "the system has no thread to give (\(code))") }
    }
  }

  deinit { close() }

  package var outage: StateOutage? { patience.outage }

  package var mayAct: Bool { membership?.isFresh ?? true }

  package func confirm() async throws(StorageError) { try await membership?.check() }

  package func endSoon() { patience.shorten() }

  func failure(_ error: any Error) -> StorageError {
    if let error = error as? StorageError {
      if case .lost(_, let taker) = error { membership?.lose(to: taker) }
      return error
    }
    if let column = error as? UnreadableColumn {
      return .unreadable(state: name, row: column.row, column: column.column)
    }
    if let fault = error as? PostgresFault { return .failed(state: name, why: fault.why) }
    return .failed(state: name, why: "it was closed")
  }

  /// Not cut off by cancellation: whoever is being stopped still has to write down how things ended.
  ///
  /// - Parameter isWhole: all statements of `body` see the state as it is at one moment.
  func read<Value: Sendable>(
    whole isWhole: Bool = false, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
  ) async throws(StorageError) -> Value {
    let isGlance = Glance.limit != nil
    let worker = isGlance ? glances : nextReader
    let limit = Glance.limit ?? (membership == nil ? Self.lookTime : nil)
    let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
      let isOpen = worker.add { [patience, name] link in
        continuation.resume(
          returning: Result {
            if isGlance, let outage = patience.outage { throw StorageError.failed(state: name, why: outage.why) }
            return try link.insist(within: limit) { connection in
              guard isWhole else { return try body(connection) }
              return try link.transaction(connection, begin: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", body)
            }
          })
      }
      if !isOpen { continuation.resume(returning: .failure(CancellationError())) }
    }
    do {
      return try result.get()
    } catch {
      throw failure(error)
    }
  }

  private var nextReader: Worker {
    readers[
      turn.withLock { turn in
        turn = (turn + 1) % readers.count
        return turn
      }]
  }

  /// A connection of one's own, for the thread that uses it. Of several servers it takes the one that can be written to, for a
  /// standby may lag behind.
  func copyLink() -> Link { Link(target, writes: true, patience: patience) }

  /// Reads what is to be sent: it is given out only while nobody else can have been told to send it.
  func readUnderLease<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> Value
  ) async throws(StorageError) -> Value {
    let value = try await read(body)
    try await confirm()
    return value
  }

  func write<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> Value
  ) async throws(StorageError) -> Value {
    do {
      return try await writes.write { [clock, isWatching] database in
        let value = try body(database)
        // Of several, the one who watches.
        if isWatching, let reading = clock.withLock({ $0?.next() }) { try Self.put(reading, database) }
        return value
      }
    } catch {
      throw failure(error)
    }
  }

  package func close() {
    let isFirst = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return !isClosed
    }
    guard isFirst else { return }
    endSoon()
    for worker in [writer, glances] + readers { worker.close() }
    membership?.giveUp()
    channel?.close(telling: true)
  }
}

extension PostgresStore: StateStoreDriver {
  package static var letsShare: Bool { true }

  package static func open(
    _ name: String, for use: StateUse, onWait: @escaping @Sendable (StateWait) -> Void
  ) throws(StorageError) -> any StateTables {
    let opening = StateOpening(try PostgresTarget(name), for: use, Patience(onWait: onWait))
    return try PostgresStore(opening, opening.open())
  }
}
