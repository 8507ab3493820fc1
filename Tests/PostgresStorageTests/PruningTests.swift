import Storage
import TestSupport
import Testing

@testable import PostgresStorage

/// How old deliveries are forgotten while other processes work.
@Suite(.needsPostgres, .timeLimit(.minutes(2))) struct PruningTests {
  /// A store with two deliveries that have ended, `m1` and `m2`.
  private func settled(_ database: TestDatabase) async throws -> any StateStore {
    let store = try database.watch()
    for id in ["m1", "m2"] { _ = try await store.commit(.of(run: id, id)) }
    for claim in try await store.claim(destination: "chat", limit: 9, at: ms(5)) {
      try await store.settle(claim, as: .delivered, .of(claim, at: 6))
    }
    return store
  }

  @Test func `what another process is just sending anew is kept, with its attempts`() async throws {
    let database = try TestDatabase()
    let store = try await settled(database)
    defer { store.close() }
    let other = try database.connection()
    try other.script(
      """
      BEGIN; SET LOCAL idle_in_transaction_session_timeout = '20s';
      UPDATE vi_notify.deliveries SET status = 'pending', next_attempt_at = 0, settled_at = NULL WHERE id = 'm1'
      """)
    #expect(try await store.prune(before: ms(50), limit: 9) == 1)
    try other.script("COMMIT")
    #expect(try await store.delivery(id: "m1")?.attempts.count == 1)
    #expect(try await store.delivery(id: "m2") == nil)
    #expect(try await store.claimIDs() == ["m1"])
  }

  @Test func `what another process is just forgetting isn't sent anew, and the rest doesn't fail by it`() async throws {
    let database = try TestDatabase()
    let store = try await settled(database)
    defer { store.close() }
    let other = try database.connection()
    try other.script(
      """
      BEGIN;
      DELETE FROM vi_notify.attempts WHERE delivery = (SELECT sequence FROM vi_notify.deliveries WHERE id = 'm1');
      DELETE FROM vi_notify.deliveries WHERE id = 'm1'
      """)
    var filter = ReplayFilter()
    filter.ids = ["m1", "m2"]
    async let replayed = store.replay(filter, by: .someone, at: ms(9))
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database.name)' AND wait_event_type = 'Lock'"
    while try database.psql(waits) == "0\n" {}
    try other.script("COMMIT")
    #expect(try await replayed == ["m2"])
  }

  @Test func `nothing of what is forgotten is left`() async throws {
    let database = try TestDatabase()
    let store = try database.watch()
    defer { store.close() }
    var delivery = NewDelivery(id: "m", rule: "rule", destination: "chat", content: .body([1]))
    delivery.continuation = [2]
    _ = try await store.commit(.of(run: "r", [delivery]))
    let parts =
      "SELECT count(*) FROM vi_notify.attempts UNION ALL SELECT count(*) FROM vi_notify.contents"
      + " UNION ALL SELECT count(*) FROM vi_notify.continuations"
    let claim = try await store.claimOne()
    try await store.settle(claim, as: .delivered, .of(claim, at: 6))
    #expect(try database.psql(parts) == "1\n1\n1\n")
    #expect(try await store.prune(before: ms(50), limit: 9) == 1)
    #expect(try database.psql(parts) == "0\n0\n0\n")
  }

  @Test func `a state of the first version is brought up to date beside a process that works on it`() async throws {
    let database = try TestDatabase()
    let first = try database.open()
    defer { first.close() }
    try database.psql("DELETE FROM vi_notify.migrations WHERE name = '2 trusted parts'")
    for table in ["attempts", "contents", "continuations"] {
      try database.psql(
        "ALTER TABLE vi_notify.\(table) ADD FOREIGN KEY (delivery) REFERENCES vi_notify.deliveries (sequence)")
    }
    _ = try await first.commit(.of(run: "r", "m"))
    let count = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conname LIKE '%\\_delivery\\_fkey'"
    #expect(try database.psql(count) == "3\n")
    let second = try database.open()
    defer { second.close() }
    #expect(try database.psql(count) == "0\n")
    let claim = try await first.claimOne()
    try await first.settle(claim, as: .delivered, .of(claim, at: 6))
    #expect(try await second.delivery(id: "m")?.attempts.count == 1)
  }
}
