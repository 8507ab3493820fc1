import GRDB
import Glibc
import Runs
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

/// What the state takes on the disk while it is used for long.
struct SpaceTests {
  private static let destinations: [Target] = ["a", "b"]

  private func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : -1
  }

  /// A day: so many runs end, each tells two destinations, all arrives, and what is older than two days is forgotten.
  private func live(_ store: SQLiteStore, day: Int64, runs: Int) async throws {
    let now = day * 86_400_000
    var sweep = SweepCommit(organization: "org", time: ms(now))
    for index in 0..<runs {
      let body = DeliveryContent.body([UInt8](repeating: 0x20, count: 1_000))
      let deliveries = Self.destinations.map {
        NewDelivery(id: "\(day)-\(index)-\($0)", rule: "r", destination: $0, content: body)
      }
      sweep.events.append(NewEvent(event: try .of(run: "\(day)-\(index)", at: day), deliveries: deliveries))
    }
    _ = try await store.commit(sweep)
    for destination in Self.destinations {
      while true {
        let due = try await store.due(destination: destination, limit: 50, at: ms(now), except: [])
        if due.isEmpty { break }
        let record = { AttemptRecord.of($0, at: now) }
        _ = try await store.settle(
          SettlementBatch(due.map { SettledAttempt($0, .delivered, record($0)) }), at: ms(now))
      }
    }
    while try await store.prune(before: ms(now - 2 * 86_400_000), limit: 100) == 100 {}
  }

  @Test func `the log beside the state stays small, and room that became free is used again`() async throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let store = try SQLiteStore(path: path)
    defer { store.close() }
    var sizes: [Int] = []
    for day in Int64(1)...12 {
      try await live(store, day: day, runs: 120)
      #expect(size("\(path)-wal") < 8_000_000, "day \(day)")
      sizes.append(size(path))
    }
    // Events keep a row of 200 bytes each, and no more than that.
    #expect(sizes[11] - sizes[5] < 6 * 120 * 400, "\(sizes)")
    #expect(try await store.deliveries(DeliveryFilter()).count <= 3 * 240)
  }

  @Test func `an event loses its body with its last delivery, and one that is still to be told of keeps it`()
    async throws
  {
    let scratch = try ScratchDirectory()
    let store = try SQLiteStore(path: "\(scratch.path)/state.sqlite")
    defer { store.close() }
    _ = try await store.commit(.of(run: "over", "m1", at: 1))
    _ = try await store.commit(.of(run: "silent", at: 1))
    _ = try await store.commit(.of(run: "half", [.of("m2"), .of("m3", to: "d3")], at: 1))
    _ = try await store.commit(.of(run: "new", [.of("m4", to: "d4")], at: 100))
    for claim in try await store.claim(destination: "chat", limit: 9, at: ms(2)) {
      try await store.settle(claim, as: .delivered, .of(claim, at: 3))
    }
    #expect(try await store.prune(before: ms(50), limit: 9) == 2)
    let kept = try await store.read {
      try String.fetchAll($0, sql: "SELECT run_id FROM events WHERE length(body) > 0 ORDER BY run_id")
    }
    #expect(kept == ["half", "new"])
    let left = try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM attempts") }
    #expect(left == 0)
    #expect(try await store.lastEvent(run: "over") == nil)
  }

  @Test func `a digest is forgotten with its delivery, and one that is open stays with its events`() async throws {
    let scratch = try ScratchDirectory()
    let store = try SQLiteStore(path: "\(scratch.path)/state.sqlite")
    defer { store.close() }
    for (run, key) in [("a", "old"), ("b", "old"), ("c", "open")] {
      var sweep = SweepCommit(organization: "org", time: ms(1))
      let entry = DigestEntry(rule: "r", action: "a", key: key, destination: "chat", window: .milliseconds(1))
      sweep.events = [NewEvent(event: try .of(run: run), deliveries: [], digests: [entry])]
      _ = try await store.commit(sweep)
    }
    let old = try #require(try await store.dueDigests(at: ms(2), most: 9).first { $0.count == 2 })
    #expect(try await store.close(old, as: .of("m1"), dead: "over", at: ms(3)))
    #expect(try await store.prune(before: ms(50), limit: 9) > 0)
    let rest = try await store.read { database in
      try ["digests", "digest_events", "deliveries", "events WHERE length(body) > 0"].map { table in
        try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)")
      }
    }
    #expect(rest == [1, 1, 0, 1])
    #expect(try await store.dueDigests(at: ms(2), most: 9).map(\.events.count) == [1])
  }
}
