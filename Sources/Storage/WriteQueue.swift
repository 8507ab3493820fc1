internal import GRDB
import Glibc
internal import Locking

/// Commits together what waits together: while one transaction is on its way to the disk, others queue up, and the next
/// takes them all. One fsync then serves many, and each caller still returns only when its own work is durable.
final class WriteQueue: Sendable {
  private struct Job: Sendable {
    let perform: @Sendable (Database) throws -> Void
    let finish: @Sendable (Result<Void, any Error>) -> Void
  }

  private struct State {
    var waiting: [Job] = []
    var isDraining = false
  }

  private let database: any DatabaseWriter
  private let check: @Sendable (Database) throws -> Void
  private let state = Locked(State())

  /// - Parameter check: is called after each commit; what it throws, every job of the commit fails with.
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
        Job(
          perform: { database in
            let result = try work(database)
            value.withLock { $0 = result }
          },
          finish: { continuation.resume(with: $0) }))
    }
    guard let value = value.withLock({ $0 }) else { throw CancellationError() }
    return value
  }

  private func enqueue(_ job: Job) {
    let starts = state.withLock { state in
      state.waiting.append(job)
      defer { state.isDraining = true }
      return !state.isDraining
    }
    if starts { database.asyncWriteWithoutTransaction { self.drain($0) } }
  }

  private func takeWaiting() -> [Job] {
    state.withLock { state in
      defer { state.waiting = [] }
      state.isDraining = !state.waiting.isEmpty
      return state.waiting
    }
  }

  private func drain(_ database: Database) {
    while true {
      let jobs = takeWaiting()
      if jobs.isEmpty { return }
      commit(jobs, database)
    }
  }

  /// First without savepoints: with one SQLite keeps a copy of every page that is changed, and beyond 64 kB in a file.
  private func commit(_ jobs: [Job], _ database: Database) {
    var results = jobs.map { _ in Result<Void, any Error>.success(()) }
    var isJobsOwn = false
    do {
      try transaction(database) {
        do {
          for job in jobs { try job.perform(database) }
        } catch {
          // A full disk or a damaged file may have rolled the whole transaction back: then all fail of it.
          isJobsOwn = database.isInsideTransaction
          throw error
        }
      }
    } catch {
      results = isJobsOwn && jobs.count > 1 ? commitApart(jobs, database) : jobs.map { _ in .failure(error) }
    }
    do { try check(database) } catch { results = jobs.map { _ in .failure(error) } }
    for (job, result) in zip(jobs, results) { job.finish(result) }
  }

  /// One of them fails, and must not undo the others.
  private func commitApart(_ jobs: [Job], _ database: Database) -> [Result<Void, any Error>] {
    var results: [Result<Void, any Error>] = []
    do {
      try transaction(database) { for job in jobs { results.append(try perform(job, database)) } }
      return results
    } catch {
      return jobs.map { _ in .failure(error) }
    }
  }

  private func transaction(_ database: Database, _ body: () throws -> Void) throws {
    try database.inTransaction(.immediate) {
      try body()
      return .commit
    }
  }

  private func perform(_ job: Job, _ database: Database) throws -> Result<Void, any Error> {
    do {
      try database.inSavepoint {
        try job.perform(database)
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
