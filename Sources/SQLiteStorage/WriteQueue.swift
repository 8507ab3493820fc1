internal import GRDB
import Glibc
internal import Locking

/// Commits together what waits together: while one transaction is on its way to the disk, others queue up, and the next
/// takes them all. One fsync then serves many, and each caller still returns only when its own work is durable.
final class WriteQueue: Sendable {
  private struct WriteRequest: Sendable {
    let perform: @Sendable (Database) throws -> Void
    let finish: @Sendable (Result<Void, any Error>) -> Void
  }

  private struct State {
    var waiting: [WriteRequest] = []
    var isDraining = false
  }

  private let database: any DatabaseWriter
  private let check: @Sendable (Database) throws -> Void
  private let state = Locked(State())

  /// - Parameter check: is called after each commit; what it throws, every request of the commit fails with.
  init(_ database: any DatabaseWriter, check: @escaping @Sendable (Database) throws -> Void = { _ in }) {
    self.database = database
    self.check = check
  }

  /// Runs `work` in a transaction. When it throws, only its own changes are undone, not those of its neighbours; theirs are
  /// made a second time for that, so `work` may change nothing but the database.
  func write<Value: Sendable>(_ work: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
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
    if starts { database.asyncWriteWithoutTransaction { self.drain($0) } }
  }

  private func takeWaiting() -> [WriteRequest] {
    state.withLock { state in
      defer { state.waiting = [] }
      state.isDraining = !state.waiting.isEmpty
      return state.waiting
    }
  }

  private func drain(_ database: Database) {
    while true {
      let requests = takeWaiting()
      if requests.isEmpty { return }
      commit(requests, database)
    }
  }

  /// First without savepoints: with one SQLite keeps a copy of every page that is changed, and beyond 64 kB in a file.
  private func commit(_ requests: [WriteRequest], _ database: Database) {
    var results = requests.map { _ in Result<Void, any Error>.success(()) }
    var isJobsOwn = false
    do {
      try transaction(database) {
        do {
          for request in requests { try request.perform(database) }
        } catch {
          // A full disk or a damaged file may have rolled the whole transaction back: then all fail of it.
          isJobsOwn = database.isInsideTransaction
          throw error
        }
      }
    } catch {
      results =
        isJobsOwn && requests.count > 1 ? commitApart(requests, database) : requests.map { _ in .failure(error) }
    }
    do { try check(database) } catch { results = requests.map { _ in .failure(error) } }
    for (request, result) in zip(requests, results) { request.finish(result) }
  }

  /// One of them fails, and must not undo the others.
  private func commitApart(_ requests: [WriteRequest], _ database: Database) -> [Result<Void, any Error>] {
    var results: [Result<Void, any Error>] = []
    do {
      try transaction(database) { for request in requests { results.append(try perform(request, database)) } }
      return results
    } catch {
      return requests.map { _ in .failure(error) }
    }
  }

  private func transaction(_ database: Database, _ body: () throws -> Void) throws {
    try database.inTransaction(.immediate) {
      try body()
      return .commit
    }
  }

  private func perform(_ request: WriteRequest, _ database: Database) throws -> Result<Void, any Error> {
    do {
      try database.inSavepoint {
        try request.perform(database)
        return .commit
      }
      return .success(())
    } catch {
      // A full disk or a damaged file may have rolled the whole transaction back: then nobody's work is there.
      guard database.isInsideTransaction else { throw error }
      return .failure(error)
    }
  }
}
