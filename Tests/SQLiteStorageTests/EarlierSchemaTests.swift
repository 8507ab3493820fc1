import GRDB
import Runs
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

/// States that earlier versions have written, made as they made them.
struct EarlierSchemaTests {
  /// What a version with only the first `count` migrations leaves behind: a run, an event, a delivery that waits.
  static func state(migrations count: Int, at path: String) throws {
    let queue = try DatabaseQueue(path: path)
    let names = Schema.migrator.migrations.prefix(count)
    try Schema.migrator.migrate(queue, upTo: try #require(names.last))
    try queue.write { database in
      try database.execute(
        sql: """
          INSERT INTO organizations VALUES ('org', 1);
          INSERT INTO runs (organization, id, phase, since, is_baseline, changed_at)
            VALUES ('org', 'run_1', 'failed', 5, 0, 6);
          INSERT INTO events (id, run_id, phase, time, seen_at, body) VALUES ('evt_1', 'run_1', 'failed', 5, 6, CAST('{"id":"evt_1"}' AS BLOB));
          INSERT INTO deliveries (id, event_id, run_id, rule, destination, kind, status, next_attempt_at, created_at)
            VALUES ('msg_1', 'evt_1', 'run_1', 'r', 'd', 'event', 'pending', 6, 6);
          """)
    }
    try queue.close()
  }

  @Test(arguments: 1...Schema.migrator.migrations.count)
  func `every earlier state is opened, and nothing in it is lost`(migrations: Int) async throws {
    let directory = try ScratchDirectory()
    let path = directory.path + "/state.sqlite"
    try Self.state(migrations: migrations, at: path)
    let store = try SQLiteStore(path: path)
    let ledger = try await store.ledger(organization: "org")
    #expect(ledger.hasBaseline)
    #expect(ledger.runs == ["run_1": Ledger.Entry(phase: .failed, since: ms(5), isBaseline: false)])
    #expect(try await store.lastEvent(run: "run_1") == Array(#"{"id":"evt_1"}"#.utf8))
    let claimed = try await store.claim(destination: "d", limit: 9, at: ms(6))
    #expect(claimed.map(\.id) == ["msg_1"])
    store.close()
  }

  @Test func `what waited for an earlier event still does, and attempts and contents stay with their delivery`()
    async throws
  {
    let directory = try ScratchDirectory()
    let path = directory.path + "/state.sqlite"
    try Self.state(migrations: 2, at: path)
    let queue = try DatabaseQueue(path: path)
    try await queue.write { database in
      try database.execute(
        sql: """
          INSERT INTO events (id, run_id, phase, time, seen_at, body) VALUES ('evt_2', 'run_1', 'error', 6, 7, x'');
          INSERT INTO deliveries
            (id, event_id, run_id, rule, destination, kind, content, status, next_attempt_at, created_at)
            VALUES ('msg_2', 'evt_2', 'run_1', 'r', 'd', 'body', CAST('{"x":1}' AS BLOB), 'pending', 7, 7);
          INSERT INTO attempts VALUES ('msg_2', 1, 8, 9, 'timedOut', NULL, 'second', '');
          INSERT INTO attempts VALUES ('msg_1', 1, 6, 7, 'serverError', 500, 'first', 'out');
          """)
    }
    try queue.close()
    let store = try SQLiteStore(path: path)
    defer { store.close() }
    #expect(try await store.delivery(id: "msg_1")?.attempts.map(\.detail) == ["first"])
    #expect(try await store.delivery(id: "msg_2")?.attempts.map(\.detail) == ["second"])
    let first = try await store.due(destination: "d", limit: 9, at: ms(9), except: [])
    #expect(first.map(\.id) == ["msg_1"])
    try await store.settle(first[0], as: .delivered, .of(first[0], at: 9))
    let second = try await store.due(destination: "d", limit: 9, at: ms(9), except: [])
    #expect(second.map(\.id) == ["msg_2"])
    #expect(second.map(\.content) == [.body(Array(#"{"x":1}"#.utf8))])
  }

  /// Of the versions with chains and without lanes.
  @Test(arguments: 5..<9)
  func `what was done on the machine is known for it, and everything else goes to a destination`(migrations: Int)
    async throws
  {
    let directory = try ScratchDirectory()
    let path = directory.path + "/state.sqlite"
    try Self.state(migrations: migrations, at: path)
    let queue = try DatabaseQueue(path: path)
    let rows = [
      ("msg_2", "hook", "hook"), ("msg_3", "hook/a/b c/d", "hook"), ("msg_4", "download", "download"),
      ("msg_5", "download/a/b", "download"), ("msg_6", "lost-step", "event"), ("msg_7", "hooks", "event"),
    ]
    try await queue.write { database in
      for (id, destination, kind) in rows {
        try database.execute(
          sql: """
            INSERT INTO deliveries (id, event_id, run_id, rule, destination, kind, status, next_attempt_at, created_at)
            VALUES (?, 'evt_1', 'run_1', 'r', ?, ?, 'pending', 6, 6)
            """, arguments: [id, destination, kind])
        guard kind != "event" else { continue }
        let content = kind == "hook" ? #"{"shell":"x"}"# : #"{"download":{"to":"x"}}"#
        try database.execute(
          sql: "INSERT INTO contents SELECT sequence, CAST(? AS BLOB) FROM deliveries WHERE id = ?",
          arguments: [content, id])
      }
    }
    try queue.close()
    let store = try SQLiteStore(path: path)
    defer { store.close() }
    let targets: [Target] = [
      "d", .hook, .lane(Lane(.hook, owner: "a/b c/d")), .download, .lane(Lane(.download, owner: "a/b")),
      .lane(Lane(.lost)), "hooks",
    ]
    #expect(try await store.deliveries(DeliveryFilter()).map(\.destination) == targets)
    #expect(try await store.deliveries(DeliveryFilter()).map(\.destination.name) == ["d"] + rows.map(\.1))
    #expect(try await Set(store.dueTargets(at: ms(6)).targets) == Set(targets))
    for target in targets { #expect(try await store.claim(destination: target, limit: 9, at: ms(6)).count == 1) }
    #expect(try await store.unsettled() == Dictionary(targets.map { ($0, 1) }) { $1 })
    #expect(try await store.namesInUse().destinations == ["d", "hooks"])
  }

  @Test func `who asked for a probe before is obeyed after`() async throws {
    let directory = try ScratchDirectory()
    let path = directory.path + "/state.sqlite"
    try Self.state(migrations: 8, at: path)
    let queue = try DatabaseQueue(path: path)
    try await queue.write { database in
      for name in ["chat", "hook", "hook/a/b", "download", "lost-step"] {
        try database.execute(sql: "INSERT INTO probe_requests VALUES (?, 1)", arguments: [name])
      }
    }
    try queue.close()
    let store = try SQLiteStore(path: path)
    defer { store.close() }
    #expect(
      try await store.takeProbeRequests() == [
        "chat", .hook, .lane(Lane(.hook, owner: "a/b")), .download, .lane(Lane(.lost)),
      ])
  }
}
