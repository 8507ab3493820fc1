import Locking
import Runs
import Storage
import Stores
import TestSupport
import Testing

@testable import PostgresStorage

/// Many writers at once share one transaction, and what was accepted is there, whatever happens to connections and servers.
@Suite(.needsPostgres, .timeLimit(.minutes(6))) struct WriteQueueTests {
  /// Writes at once, and checks that each is there once.
  private func write(_ count: Int, into store: any StateStore, first: Int = 0) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      for index in first..<first + count {
        group.addTask {
          let result = try await store.commit(.of(run: "r\(index)", "m\(index)"))
          #expect(result == (events: 1, deliveries: 1))
        }
      }
    }
  }

  @Test func `a request that fails undoes itself and not its neighbours`() async throws {
    let database = try TestDatabase()
    let store = try database.watch(uptime: { .zero })
    defer { store.close() }
    try database.psql("CREATE TABLE vi_notify.marks (n bigint PRIMARY KEY CHECK (n < 1000))")
    let failed = try await withThrowingTaskGroup(of: Int?.self) { group in
      for index in 0..<60 {
        group.addTask {
          let error = await storageError {
            try await store.write { database in
              try database.execute("INSERT INTO vi_notify.marks VALUES (\(index))")
              if index % 3 == 0 { try database.execute("INSERT INTO vi_notify.marks VALUES (\(1_000 + index))") }
              if index % 3 == 1 { throw StorageError.notClaimed("job \(index)") }
            }
          }
          return error == nil ? nil : index
        }
      }
      return try await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
    }
    #expect(failed.sorted() == (0..<60).filter { $0 % 3 != 2 })
    let marks = try await store.read { database in
      try database.all("SELECT n FROM vi_notify.marks ORDER BY n", of: "marks", by: "n") { try $0.integer("n") }
    }
    #expect(marks == (0..<60).filter { $0 % 3 == 2 })
  }

  @Test func `what was accepted is there, and once, though the server is killed while it is written`() async throws {
    // One that keeps what it has promised.
    let server = try PostgresServer(["full_page_writes=off"])
    let store = try StateStores.open(server.uri(), for: .watching)
    defer { store.close() }
    for round in 0..<3 {
      async let writing: Void = write(150, into: store, first: round * 150)
      // The first are there, others on their way.
      while try await store.deliveries(DeliveryFilter(limit: 1)).count < 1 { await Task.yield() }
      try server.restart()
      try await writing
    }
    #expect(try await store.deliveries(DeliveryFilter()).count == 450)
    #expect(try await store.counts() == DeliveryCounts(pending: 450))
  }

  /// A store behind a proxy, which treats the next COMMIT as it is told.
  private func withProxy(_ verdict: DroppingProxy.Verdict) async throws {
    let database = try TestDatabase()
    let proxy = try DroppingProxy("\(database.server.directory)/.s.PGSQL.\(database.server.port)")
    let store = try StateStores.open("postgresql://postgres@127.0.0.1:\(proxy.port)/\(database.name)", for: .watching)
    defer { store.close() }
    let cut = Locked(0)
    proxy.judge { bytes in
      guard bytes.starts(with: Array("Q".utf8)), String(decoding: bytes.dropFirst(5), as: UTF8.self) == "COMMIT\0"
      else {
        return .pass
      }
      return cut.withLock { count in
        count += 1
        return count == 1 ? verdict : .pass
      }
    }
    #expect(try await store.commit(.of(run: "r", "m1", "m2")) == (events: 1, deliveries: 2))
    // An answer that was lost is asked for, and not made again.
    #expect(cut.withLock { $0 } == (verdict == .cutAnswer ? 1 : 2))
    #expect(try await store.deliveries(DeliveryFilter()).map(\.id) == ["m1", "m2"])
    let released = try await store.claim(destination: "chat", limit: 1, at: ms(9))
    #expect(released.map(\.attempt) == [1])
  }

  @Test func `a commit whose answer was lost is not made again`() async throws { try await withProxy(.cutAnswer) }

  @Test func `a commit that was lost on its way is made again`() async throws { try await withProxy(.cut) }

  @Test func `a server that is away is waited for, and the wait ends when the process is to end`() async throws {
    let server = try PostgresServer(["fsync=off"])
    let told = Locked<[StateWait]>([])
    let store = try StateStores.open(server.uri(), for: .watching) { wait in told.withLock { $0.append(wait) } }
    defer { store.close() }
    _ = try await store.commit(.of(run: "r", "m1"))
    try server.stop()
    async let written = store.commit(.of(run: "r2", "m2"))
    async let read = store.deliveries(DeliveryFilter())
    // It says that it waits, once for both.
    while told.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(20)) }
    #expect(store.outage?.why.contains("connection to server") == true)
    try server.start()
    #expect(try await written == (events: 1, deliveries: 1))
    #expect(try await read.count >= 1)
    while told.withLock({ $0.count }) < 2 { try await Task.sleep(for: .milliseconds(20)) }
    #expect(store.outage == nil)
    let said = told.withLock { $0 }
    guard said.count == 2, case .outOfReach = said[0], case .over = said[1] else { return #expect(said.isEmpty) }
    try server.stop()
    async let late = storageError { _ = try await store.commit(.of(run: "r3", "m3")) }
    store.endSoon()
    guard case .failed = await late else { return #expect(Bool(false), "it didn't fail") }
  }
}
