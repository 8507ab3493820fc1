import FoundationEssentials
import GRDB
import Glibc
import Runs
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

/// Commands that look into a state, and those that leave word in it, beside a watcher that may be of another version.
struct LookingTests {
  private func migrations(_ path: String) throws -> [String] {
    var configuration = Configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? queue.close() }
    return try queue.read { try String.fetchAll($0, sql: "SELECT identifier FROM grdb_migrations") }
  }

  @Test(arguments: 1..<Schema.migrator.migrations.count)
  func `a look into the state of an earlier version shows what is in it, and changes nothing`(count: Int) async throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    try EarlierSchemaTests.state(migrations: count, at: path)
    let before = try Data(contentsOf: URL(filePath: path))
    let store = try SQLiteStore(readingFrom: path)
    #expect(try await store.deliveries(DeliveryFilter()).map(\.id) == ["msg_1"])
    var dryRun = ReplayFilter()
    dryRun.isDryRun = true
    #expect(try await store.replay(dryRun, at: ms(9)) == [])
    #expect(try await store.delivery(id: "msg_1")?.record.runID == "run_1")
    #expect(try await store.story(run: "run_1")?.deliveries.map(\.record.id) == ["msg_1"])
    _ = try await store.destinationStates()
    store.close()
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
    #expect(try migrations(path).count == count)
  }

  @Test func `a look into a state of our version writes nothing, even where it is asked to`() async throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let watcher = try SQLiteStore(path: path)
    defer { watcher.close() }
    _ = try await watcher.commit(.of(run: "r", "m"))
    let store = try SQLiteStore(readingFrom: path)
    defer { store.close() }
    #expect(try await store.record("m").status == .pending)
    var dryRun = ReplayFilter()
    (dryRun.ids, dryRun.isDryRun) = (["m"], true)
    #expect(try await store.replay(dryRun, at: ms(9)) == [])
    let sweep = try SweepCommit.of(run: "s", "n")
    #expect(await storageError { _ = try await store.commit(sweep) } != nil)
    #expect(try await watcher.deliveries(DeliveryFilter()).map(\.id) == ["m"])
  }

  @Test func `who leaves word in a state of an earlier version brings it up to date, unless somebody watches with it`()
    async throws
  {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    try EarlierSchemaTests.state(migrations: 2, at: path)
    let watcher = try StateLock(state: path)
    let error = #expect(throws: StorageError.self) { _ = try SQLiteStore(leavingWordIn: path) { _ in } }
    #expect(error == .older(state: path, processID: "\(getpid())"))
    #expect(try migrations(path).count == 2)
    _ = consume watcher
    let store = try SQLiteStore(leavingWordIn: path) { _ in }
    var filter = ReplayFilter()
    filter.runID = "run_1"
    #expect(try await store.replay(filter, at: ms(9)) == [])
    #expect(throws: StorageError.self, "nobody watches while it is brought up to date") {
      _ = try StateLock(state: path)
    }
    store.close()
    #expect(try migrations(path).count == Schema.migrator.migrations.count)
  }

  @Test func `word is left beside a watcher of our version`() async throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let watcher = try SQLiteStore(path: path, lock: StateLock(state: path))
    _ = try await watcher.commit(.of(run: "r", "m"))
    let claim = try await watcher.claimOne()
    try await watcher.settle(claim, as: .dead(reason: "x"), .of(claim, at: 5))
    let store = try SQLiteStore(leavingWordIn: path) { _ in }
    var filter = ReplayFilter()
    filter.ids = ["m"]
    #expect(try await store.replay(filter, at: ms(9)) == ["m"])
    store.close()
    #expect(try await watcher.record("m").status == .pending)
    watcher.close()
  }
}
