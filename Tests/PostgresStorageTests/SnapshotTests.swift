import Storage
import Stores
import TestSupport
import Testing

@testable import PostgresStorage

/// Transactions of others that keep the server from clearing away what was deleted.
@Suite(.needsPostgres, .timeLimit(.minutes(6))) struct SnapshotTests {
  /// A transaction that stays open while this is kept.
  private func open(_ database: TestDatabase, _ script: String, user: String = "postgres") throws -> PostgresConnection
  {
    let connection = try PostgresConnection(
      PostgresTarget(database.server.uri(database.name, user: user)), writes: true, patience: Patience { _ in },
      limit: .seconds(60))
    try connection.script(script)
    return connection
  }

  @Test func `the oldest is found, with or without a snapshot of its own`() async throws {
    let database = try TestDatabase()
    let store = try database.watch()
    defer { store.close() }
    #expect(try await store.oldestSnapshot() == nil)
    let first = try open(
      database, "SET application_name = 'a report'; BEGIN; CREATE TABLE vi_notify.mine (id int)")
    let second = try open(database, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
    _ = try await store.commit(.of(run: "r", "m"))
    let found = try #require(try await store.oldestSnapshot())
    #expect(found.application == "a report" && found.role == "postgres")
    #expect(found.since != nil && found.age != nil && found.transactions > 0)
    try first.script("ROLLBACK")
    let next = try #require(try await store.oldestSnapshot())
    #expect(next.application == "vi-notify" && next.processID != found.processID)
    try second.script("ROLLBACK")
    #expect(try await store.oldestSnapshot() == nil)
  }

  @Test func `a role without rights sees another's snapshot, and not since when it is there`() async throws {
    let database = try TestDatabase()
    let role = "blind_\(database.name)"
    try database.psql("CREATE ROLE \(role) LOGIN; GRANT CREATE ON DATABASE \(database.name) TO \(role)")
    let store = try StateStores.open(database.server.uri(database.name, user: role), for: .watching)
    defer { store.close() }
    let other = try open(database, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
    let blind = try #require(try await store.oldestSnapshot())
    #expect(blind.since == nil && blind.age == nil && blind.role == "postgres")
    try database.psql("GRANT pg_read_all_stats TO \(role)")
    #expect(try await store.oldestSnapshot()?.since != nil)
    try other.script("ROLLBACK")
  }
}
