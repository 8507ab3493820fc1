import GRDB
import Runs
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

/// Many writers at once share one transaction, and none pays for another.
struct GroupCommitTests {
  private func withStore(_ body: (SQLiteStore, String) async throws -> Void) async throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let store = try SQLiteStore(path: path)
    defer { store.close() }
    try await body(store, path)
  }

  @Test func `five hundred writes at once are all there for another connection`() async throws {
    try await withStore { store, path in
      try await withThrowingDiscardingTaskGroup { group in
        for index in 0..<500 {
          group.addTask {
            let result = try await store.commit(.of(run: "r\(index)", "m\(index)"))
            #expect(result == (events: 1, deliveries: 1))
          }
        }
      }
      let other = try SQLiteStore(readingFrom: path)
      defer { other.close() }
      #expect(try await Set(other.deliveries(DeliveryFilter()).map(\.id)) == Set((0..<500).map { "m\($0)" }))
      #expect(try await other.counts().pending == 500)
    }
  }

  @Test func `a job that fails undoes itself and not its neighbours`() async throws {
    try await withStore { store, _ in
      _ = try await store.write { try $0.execute(sql: "CREATE TABLE marks (n INTEGER PRIMARY KEY CHECK (n < 1000))") }
      let failed = try await withThrowingTaskGroup(of: Int?.self) { group in
        for index in 0..<90 {
          group.addTask {
            let error = await storageError {
              try await store.write { database in
                try database.execute(sql: "INSERT INTO marks VALUES (?)", arguments: [index])
                if index % 3 == 0 {
                  try database.execute(sql: "INSERT INTO marks VALUES (?)", arguments: [1_000 + index])
                }
                if index % 3 == 1 { throw StorageError.notClaimed("job \(index)") }
              }
            }
            return error == nil ? nil : index
          }
        }
        return try await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
      }
      #expect(failed.sorted() == (0..<90).filter { $0 % 3 != 2 })
      let marks = try await store.read { try Int.fetchAll($0, sql: "SELECT n FROM marks ORDER BY n") }
      #expect(marks == (0..<90).filter { $0 % 3 == 2 })
    }
  }

  @Test func `a sweep is taken whole or not at all`() async throws {
    try await withStore { store, path in
      let trigger = """
        CREATE TRIGGER refuse BEFORE INSERT ON deliveries WHEN new.id = 'bad' BEGIN SELECT RAISE(ABORT, 'refused'); END
        """
      _ = try await store.write { try $0.execute(sql: trigger) }
      var sweep = try SweepCommit.of(run: "r", "good", "bad")
      sweep.events.insert(NewEvent(event: try .of(run: "s"), deliveries: [.of("before")]), at: 0)
      sweep.changed["r"] = Ledger.Entry(phase: .failed, since: ms(1), isBaseline: false)
      sweep.setsBaseline = true
      let (refused, error) = (sweep, StorageError.failed(state: path, why: "refused"))
      #expect(await storageError { _ = try await store.commit(refused) } == error)
      #expect(try await store.counts() == DeliveryCounts())
      let ledger = try await store.ledger(organization: "org")
      #expect(ledger.runs.isEmpty)
      #expect(!ledger.hasBaseline)
      _ = try await store.write { try $0.execute(sql: "DROP TRIGGER refuse") }
      #expect(try await store.commit(sweep) == (events: 2, deliveries: 3))
    }
  }

  @Test func `a full disk fails every writer, leaves nothing half done, and is over when there is room`() async throws {
    try await withStore { store, _ in
      _ = try await store.write { database in
        let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pages)")
      }
      let large = DeliveryContent.body([UInt8](repeating: 0x20, count: 100_000))
      let delivery = NewDelivery(id: "m", rule: "r", destination: "d", content: large)
      let sweep = try SweepCommit.of(run: "r", [delivery])
      for _ in 0..<2 {
        let error = await storageError { _ = try await store.commit(sweep) }
        #expect(error?.description.contains("database or disk is full") == true, "\(String(describing: error))")
      }
      #expect(try await store.counts() == DeliveryCounts())
      _ = try await store.write { _ = try Int.fetchOne($0, sql: "PRAGMA max_page_count = 1000000") }
      #expect(try await store.commit(sweep) == (events: 1, deliveries: 1))
    }
  }
}
