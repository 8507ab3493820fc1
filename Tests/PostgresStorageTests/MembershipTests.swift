import Glibc
import Locking
import Runs
import Storage
import Stores
import TestSupport
import Testing

@testable import PostgresStorage

/// One watches, and who has lost that can do no harm.
@Suite(.needsPostgres, .timeLimit(.minutes(6))) struct MembershipTests {
  private func isLost(_ error: StorageError?) -> Bool {
    if case .lost = error { true } else { false }
  }

  @Test func `who watches is named with its host to everybody else who wants to`() throws {
    let database = try TestDatabase()
    let store = try database.watch()
    defer { store.close() }
    let error = refusal(database.uri)
    guard case .held(store.name, let holder) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(holder.hasPrefix("\(getpid()) on "))
  }

  @Test func `a lease that is over is taken, and its last holder writes and gives out nothing more`() async throws {
    let database = try TestDatabase()
    let old = try database.watch()
    defer { old.close() }
    _ = try await old.commit(.of(run: "r", "m1", "m2"))
    let read = try await old.due(destination: "chat", limit: 9, at: ms(5), except: [])
    let new = try database.takeOver()
    defer { new.close() }
    let error = await storageError { _ = try await old.commit(.of(run: "r2", "late")) }
    #expect(isLost(error))
    #expect("\(String(describing: error))".contains("\(getpid()) on "))
    #expect(!old.mayAct)
    let first = try #require(read.first)
    #expect(isLost(await storageError { try await old.settle(first, as: .delivered, .of(first, at: 6)) }))
    #expect(isLost(await storageError { _ = try await old.due(destination: "chat", limit: 9, at: ms(5), except: []) }))
    #expect(isLost(await storageError { _ = try await old.claim(destination: "chat", limit: 9, at: ms(5)) }))
    #expect(isLost(await storageError { _ = try await old.probe(destination: "chat", at: ms(5), except: []) }))
    #expect(isLost(await storageError { _ = try await old.dueTargets(at: ms(5)) }))
    #expect(isLost(await storageError { try await old.confirm() }))
    #expect(try await new.deliveries(DeliveryFilter()).map(\.id) == ["m1", "m2"])
    #expect(try await new.counts() == DeliveryCounts(pending: 2))
    // What the old one does at its end doesn't touch the new one's lease.
    old.close()
    _ = try await new.commit(.of(run: "r3", "m3"))
    guard case .held = refusal(database.uri) else { return #expect(Bool(false), "the lease is gone") }
  }

  @Test func `after its time by our own clock nothing is given out before it is renewed`() async throws {
    let database = try TestDatabase()
    let uptime = Locked(Duration.seconds(100))
    let store = try database.watch { uptime.withLock { $0 } }
    defer { store.close() }
    _ = try await store.commit(.of(run: "r", "m1"))
    #expect(store.mayAct)
    uptime.withLock { $0 += Membership.time + .milliseconds(1) }
    #expect(!store.mayAct)
    // Nobody else has taken it: it is renewed on the spot.
    #expect(try await store.due(destination: "chat", limit: 9, at: ms(5), except: []).map(\.id) == ["m1"])
    #expect(store.mayAct)
    uptime.withLock { $0 += Membership.time + .milliseconds(1) }
    let other = try database.takeOver()
    defer { other.close() }
    // It has been asleep, and asks before it gives out anything.
    #expect(
      isLost(await storageError { _ = try await store.due(destination: "chat", limit: 9, at: ms(5), except: []) }))
    #expect(isLost(await storageError { _ = try await store.news(within: .zero, by: .system) }))
  }

  @Test func `it is renewed by itself, long before its time is over`() async throws {
    let database = try TestDatabase()
    let store = try database.watch()
    defer { store.close() }
    try database.psql(
      """
      CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_notify(''renewed'', ''''); RETURN NULL; END';
      CREATE TRIGGER told AFTER UPDATE ON vi_notify.members FOR EACH ROW EXECUTE FUNCTION told();
      """)
    let left = try database.psql(
      "SELECT expires_at - clock_timestamp() BETWEEN interval '5 s' AND interval '15 s' FROM vi_notify.members")
    #expect(left == "t\n")
    // Two renewals, waited for in the server: psql would end by itself after its statement.
    let script = """
      DO $$ DECLARE first timestamptz; BEGIN
        SELECT expires_at INTO first FROM vi_notify.members;
        FOR turn IN 1..300 LOOP
          PERFORM pg_sleep(0.05);
          EXIT WHEN (SELECT expires_at FROM vi_notify.members) > first;
        END LOOP;
      END $$;
      SELECT expires_at > clock_timestamp() + interval '10 s' FROM vi_notify.members
      """
    #expect(try database.psql(script) == "t\n")
  }

  @Test func `a transaction that is under way keeps the lease from being taken`() async throws {
    let database = try TestDatabase()
    let store = try database.watch(uptime: { .zero })
    defer { store.close() }
    let member = try #require(store.membership?.id)
    let target = try PostgresTarget(database.uri)
    let connection = try database.connection()
    _ = Fence(member: member).begin(connection, target, number: 0)
    try connection.open()
    try database.expire()
    guard case .held = refusal(database.uri) else { return #expect(Bool(false), "taken under a transaction") }
    try connection.script("COMMIT")
    try database.takeOver().close()
  }

  @Test func `commands leave word beside it, and the state of another version is not brought up to date under it`()
    async throws
  {
    let database = try TestDatabase()
    #expect(refusal(database.uri, for: .reading) == .missing(state: database.uri))
    #expect(refusal(database.uri, for: .leavingWord) == .missing(state: database.uri))
    let store = try database.watch()
    #expect(refusal(database.uri, for: .leavingWord) == nil)
    try database.psql("UPDATE vi_notify.migrations SET name = 'an earlier one' WHERE is_breaking")
    #expect(refusal(database.uri, for: .leavingWord) == .newer(state: store.name))
    #expect(refusal(database.uri, for: .reading) == .newer(state: store.name))
    #expect(refusal(database.uri) == .newer(state: store.name))
    // A later version has only added something: this one goes on beside it.
    try database.psql("UPDATE vi_notify.migrations SET name = '1 state' WHERE is_breaking")
    try database.psql("INSERT INTO vi_notify.migrations (name, is_breaking) VALUES ('9 more', false)")
    #expect(refusal(database.uri, for: .reading) == nil)
    #expect(refusal(database.uri, for: .leavingWord) == nil)
    store.close()
    #expect(refusal(database.uri) == nil)
  }
}
