import GRDB
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

/// Copying from and to a file.
struct CopyTests {
  private func copy(_ from: String, _ to: String) async throws -> StateDigest {
    let source = try SQLiteStore(copyingFrom: from)
    defer { source.close() }
    let target = try SQLiteStore(path: to, lock: StateLock(state: to))
    defer { target.close() }
    return try await StateCopy.run(from: source, to: target)
  }

  private func schema(_ path: String) throws -> [String] {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    return try queue.read { try String.fetchAll($0, sql: "SELECT sql FROM sqlite_master WHERE sql != '' ORDER BY sql") }
  }

  @Test func `every column of the schema is copied or left out on purpose`() throws {
    let queue = try DatabaseQueue(path: "")
    try Schema.migrator.migrate(queue)
    let there = try queue.read { access in
      try String.fetchSet(
        access,
        sql: """
          SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
          """)
    }
    let copied = StateTable.all.flatMap { table in
      table.columns.map { "\(table.name).\(SQLiteStore.column($0.name, of: table))" }
    }
    #expect(Set(copied).count == copied.count)
    #expect(
      there == Set(copied).subtracting(["events.rowid"]).union(SQLiteStore.leftOut),
      "a column that is new goes into StateTable, or into SQLiteStore.leftOut")
  }

  @Test func `what an earlier version wrote is copied, and stays as that wrote it`() async throws {
    let scratch = try ScratchDirectory()
    let (from, to) = (scratch.path + "/a.sqlite", scratch.path + "/b.sqlite")
    let queue = try DatabaseQueue(path: from)
    try Schema.migrator.migrate(queue, upTo: "4 contents")
    try await queue.write { try $0.execute(sql: "INSERT INTO organizations VALUES ('org', 5)") }
    try queue.close()
    let before = try schema(from)
    #expect(try await copy(from, to).rows == 1)
    #expect(try schema(from) == before)
    #expect(try schema(to) != before)
  }

  @Test func `a damaged row is named, and the other file is as one that was just made`() async throws {
    let scratch = try ScratchDirectory()
    let (from, to, new) = (scratch.path + "/a.sqlite", scratch.path + "/b.sqlite", scratch.path + "/c.sqlite")
    let store = try SQLiteStore(path: from)
    _ = try await store.commit(.of(run: "r", "m1", "m2"))
    _ = try await store.hasten(ids: ["m1"], at: ms(5))
    try await store.write { try $0.execute(sql: "UPDATE acts SET note = CAST(x'63FF' AS TEXT)") }
    store.close()
    let error = await storageError { _ = try await copy(from, to) }
    #expect(error == .unreadable(state: from, row: "acts 1", column: "note"))
    try SQLiteStore(path: new).close()
    #expect(try schema(to) == schema(new), "with its triggers")
    let left = try SQLiteStore(copyingFrom: to)
    defer { left.close() }
    #expect(try left.readTables { try StateDigest(of: $0) } == StateDigest())
  }
}
