internal import Locking
internal import Runs
internal import Storage

/// Commits together what waits together, as in SQLite's: while one transaction is on its way to the server's disk, others queue
/// up, and the next takes them all.
///
/// A commit whose answer was lost is looked for, and made again only when it is known not to have been: nothing is written twice, and
/// nothing counts as written that isn't. Each transaction leaves a row of its own (``Mark``). The server's number of the transaction
/// alone would not do: a server that was killed gives the numbers that didn't reach its disk to others, whose commits would be taken
/// for ours.
final class WriteQueue: Sendable {
  private struct WriteRequest: Sendable {
    let perform: @Sendable (PostgresConnection) throws -> Void
    let finish: @Sendable (Result<Void, any Error>) -> Void
  }

  private struct State {
    var waiting: [WriteRequest] = []
    var isDraining = false
    var transactions: Int64 = 0
  }

  private let worker: Worker
  private let fence: Fence
  private let limit: Duration?
  private let state = Locked(State())

  /// - Parameters:
  ///   - fence: what every transaction must find.
  ///   - limit: how long a server that is away is waited for; nil: as long as it takes.
  init(_ worker: Worker, _ fence: Fence, within limit: Duration?) {
    (self.worker, self.fence, self.limit) = (worker, fence, limit)
  }

  /// Runs `work` in a transaction. When it throws, only its own changes are undone, not those of its neighbours; it may be run
  /// several times, so it may change nothing but the database.
  func write<Value: Sendable>(_ work: @escaping @Sendable (PostgresConnection) throws -> Value) async throws -> Value {
    let value = Locked<Value?>(nil)
    try await withCheckedThrowingContinuation { continuation in
      enqueue(
        WriteRequest(
          perform: { database in
            let result = try work(database)
            value.withLock { $0 = result }
          },
          finish: { continuation.resume(with: $0) }))
    }
    guard let value = value.withLock({ $0 }) else { throw CancellationError() }
    return value
  }

  private func enqueue(_ request: WriteRequest) {
    let starts = state.withLock { state in
      state.waiting.append(request)
      defer { state.isDraining = true }
      return !state.isDraining
    }
    guard starts else { return }
    if !worker.add({ self.drain($0) }) { request.finish(.failure(CancellationError())) }
  }

  private func takeWaiting() -> [WriteRequest] {
    state.withLock { state in
      defer { state.waiting = [] }
      state.isDraining = !state.waiting.isEmpty
      return state.waiting
    }
  }

  private func drain(_ link: Link) {
    while true {
      let requests = takeWaiting()
      if requests.isEmpty { return }
      for (request, result) in zip(requests, commit(requests, link)) { request.finish(result) }
    }
  }

  private func commit(_ requests: [WriteRequest], _ link: Link) -> [Result<Void, any Error>] {
    do {
      do {
        try transaction(link) { connection in for request in requests { try request.perform(connection) } }
        return requests.map { _ in .success(()) }
      } catch let error where requests.count > 1 && Self.isOfOne(error) {
        return try commitApart(requests, link)
      }
    } catch {
      return requests.map { _ in .failure(error) }
    }
  }

  /// One of them fails, and must not undo the others.
  private func commitApart(_ requests: [WriteRequest], _ link: Link) throws -> [Result<Void, any Error>] {
    var results: [Result<Void, any Error>] = []
    try transaction(link) { connection in
      results = []
      for request in requests {
        try connection.script("SAVEPOINT request")
        do {
          try request.perform(connection)
          try connection.script("RELEASE SAVEPOINT request")
          results.append(.success(()))
        } catch  where Self.isOfOne(error) {
          try connection.script("ROLLBACK TO SAVEPOINT request; RELEASE SAVEPOINT request")
          results.append(.failure(error))
        }
      }
    }
    return results
  }

  /// The fault of what was asked, not of the server or of this process.
  private static func isOfOne(_ error: any Error) -> Bool {
    switch error {
    case let fault as PostgresFault: fault.remedy == .none
    case StorageError.lost, StorageError.failed, StorageError.unusable: false
    default: true
    }
  }

  private func transaction(_ link: Link, _ work: (PostgresConnection) throws -> Void) throws {
    /// The transaction whose end isn't known.
    var doubt: Mark?
    try link.insist(within: limit) { connection in
      if let mark = doubt {
        if try mark.isCommitted(connection) { return }
        doubt = nil
      }
      do {
        let mark = fence.begin(connection, link.target, number: next())
        try work(connection)
        try connection.open()
        doubt = mark.value
        try connection.script("COMMIT")
      } catch let fault as PostgresFault {
        // An answer of the server that leaves the connection as it is says that nothing was committed.
        if connection.isOpen, case .refused = fault { doubt = nil }
        if connection.isOpen { link.undo(connection) }
        throw fault
      } catch {
        link.undo(connection)
        throw error
      }
    }
  }

  /// Of a transaction; greater than those before.
  private func next() -> Int64 {
    state.withLock { state in
      state.transactions += 1
      return state.transactions
    }
  }
}

/// What tells a transaction from all others.
struct Mark: Sendable {
  /// The process's row; less than 0: chosen at random by one that has none.
  let member: Int64
  let number: Int64
  /// The server's number of it, in digits.
  let transaction: String

  /// Throws a ``PostgresFault`` that is waited for while nobody knows yet.
  func isCommitted(_ connection: PostgresConnection) throws -> Bool {
    if try isUnderWay(connection) {
      throw PostgresFault.refused(state: "55P03", message: "a transaction is still being committed")
    }
    return try connection.finds(
      "SELECT 1 FROM vi_notify.commits WHERE member = \(member) AND number = \(number)")
  }

  /// The connection is lost, and its process at the server may still be at it.
  private func isUnderWay(_ connection: PostgresConnection) throws -> Bool {
    do {
      return try connection.finds("SELECT 1 WHERE pg_xact_status(\(transaction)::xid8) = 'in progress'")
    } catch PostgresFault.refused("22023", _) {
      // The server was killed, and has given nobody this number since.
      return false
    }
  }
}

/// What every transaction that writes begins with.
struct Fence: Sendable {
  /// The row of this process; nil: it leaves word for those that have one.
  let member: Int64?

  private static let begin: Statement = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

  /// A process that stands still in the middle of a transaction keeps others from taking over: the server ends it before its
  /// time is over. A lock that somebody else has is not waited for behind ever more of our own tries.
  private static let limits: Statement = """
    SELECT set_config('idle_in_transaction_session_timeout', '10s', true), set_config('lock_timeout', '20s', true),
      pg_current_xact_id()::text AS transaction
    """

  /// The mark of a transaction that has begun.
  final class Begun {
    fileprivate(set) var value: Mark?
  }

  /// Begins a transaction with its first statements, whose call throws `lost` when the row is gone.
  func begin(_ connection: PostgresConnection, _ target: PostgresTarget, number: Int64) -> Begun {
    let (begun, member) = (Begun(), member)
    let owner = member ?? Int64.random(in: .min..<0)
    let last: Statement = member.map(Membership.hold) ?? "UPDATE vi_notify.news SET counter = counter + 1"
    let mark: Statement = """
      WITH mark AS (INSERT INTO vi_notify.commits (member, number) VALUES (\(owner), \(number))) \(last)
      """
    let word: [Statement] = member == nil ? ["NOTIFY vi_notify"] : []
    connection.begin([Self.begin, Self.limits.kept, mark.kept] + word) { answers in
      if member != nil, answers[2].count == 0 {
        throw StorageError.lost(state: target.name, by: try Membership.watcher(connection))
      }
      let row = StoredRow(answers[1], 0, of: "commits", by: "transaction")
      begun.value = Mark(member: owner, number: number, transaction: try row.text("transaction"))
    }
    return begun
  }
}
