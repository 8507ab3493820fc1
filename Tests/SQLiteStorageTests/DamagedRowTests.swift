import FoundationEssentials
import GRDB
import Runs
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

/// Rows that no version has written. None is read as something else.
struct DamagedRowTests {
  /// A column, and what it is damaged with.
  struct Damage: CustomTestStringConvertible {
    let table: String
    let column: String
    let value: String

    init(_ table: String, _ column: String, _ value: String) {
      (self.table, self.column, self.value) = (table, column, value)
    }

    var testDescription: String { "\(table).\(column) = \(value)" }
  }

  @Test(arguments: [
    Damage("deliveries", "status", "'lost'"), Damage("deliveries", "attempts", "-1"),
    Damage("deliveries", "attempts", "'many'"), Damage("deliveries", "branch", "'else'"),
    Damage("deliveries", "parent", "NULL"), Damage("deliveries", "created_at", "NULL"),
    Damage("deliveries", "settled_at", "'never'"), Damage("deliveries", "action", "x'00'"),
    Damage("deliveries", "rule", "5"), Damage("deliveries", "destination", "CAST(x'63FF' AS TEXT)"),
    Damage("deliveries", "event_id", "CAST(x'6500' AS TEXT)"), Damage("deliveries", "run_id", "NULL"),
    Damage("deliveries", "reason", "CAST(x'F09F98' AS TEXT)"), Damage("deliveries", "next_attempt_at", "0.5"),
  ])
  func `a delivery that can't be read is an error that names it and its column`(damage: Damage) async throws {
    try await expect(damage, row: "deliveries msg_2") { _ = try await $0.deliveries(DeliveryFilter()) }
  }

  @Test(arguments: [
    Damage("deliveries", "kind", "'mail'"), Damage("deliveries", "timeout", "'long'"),
    Damage("deliveries", "retry_for", "x'01'"), Damage("deliveries", "attempts_before", "-1"),
    Damage("deliveries", "defers", "2"), Damage("deliveries", "is_once", "NULL"),
    Damage("deliveries", "is_standard", "'no'"), Damage("deliveries", "form", "1"),
    Damage("deliveries", "continues", "7"), Damage("deliveries", "lane", "'hook'"), Damage("deliveries", "lane", "1"),
    Damage("deliveries", "retry_from", "'then'"),
  ])
  func `what can't be read is not sent, whatever asks for it`(damage: Damage) async throws {
    for ask in Self.asks { try await expect(damage, row: "deliveries msg_2", ask) }
  }

  private static let asks: [@Sendable (SQLiteStore) async throws -> Void] = [
    { _ = try await $0.due(destination: "chat", limit: 9, at: ms(9), except: []) },
    { _ = try await $0.probe(destination: "chat", at: ms(9), except: []) },
    { _ = try await $0.claim(destination: "chat", limit: 9, at: ms(9)) },
  ]

  @Test(arguments: [
    ("DELETE FROM contents", "content"), ("UPDATE contents SET bytes = 'text'", "content"),
    ("UPDATE deliveries SET kind = 'event' WHERE id = 'msg_2'", "content"),
    ("UPDATE deliveries SET kind = 'hook' WHERE id = 'msg_2'", "content"),
    ("UPDATE deliveries SET kind = 'download' WHERE id = 'msg_2'", "content"),
    ("UPDATE deliveries SET kind = 'include' WHERE id = 'msg_2'", "content"),
    ("DELETE FROM continuations", "continuation"), ("UPDATE continuations SET bytes = NULL", "continuation"),
    ("DELETE FROM events", "event"), ("UPDATE events SET body = 'text'", "event"),
  ])
  func `what belongs to a delivery and is lost or another's is missed`(sql: String, column: String) async throws {
    for ask in Self.asks {
      try await expect(sql, .init("deliveries", column, ""), row: "deliveries msg_2", ask)
    }
  }

  @Test(arguments: [
    #"{"run":["a",1]}"#, #"{"run":"a"}"#, #"{"shell":["a"]}"#, #"{}"#, #"{"shell":"a""#,
    #"{"shell":"a","env":{"A":1}}"#,
    #"{"shell":"a","env":["A"]}"#, #"{"shell":"a","results":{"A":null}}"#, #"{"shell":"a","workingDirectory":1}"#,
    #"{"shell":"a","user":{}}"#, #"{"shell":"a","umask":"9"}"#, #"{"shell":"a","umask":18}"#,
  ])
  func `a hook of which a part can't be read is not run with the rest`(json: String) {
    #expect(HookCall(json: Array(json.utf8)) == nil)
    #expect(HookCall(json: Array(#"{"shell":"a","umask":"022","user":"u","env":{"A":"b"}}"#.utf8)) != nil)
  }

  @Test(arguments: [
    #"{"download":{"checkpoint":"c"}}"#, #"{"download":{"to":"x","checkpoint":7}}"#, #"{"download":"x"}"#,
  ])
  func `a download of which a part can't be read is not made with the rest`(json: String) {
    #expect(DownloadCall(json: Array(json.utf8)) == nil)
    #expect(DownloadCall(json: Array(#"{"download":{"to":"x"}}"#.utf8)) != nil)
  }

  @Test(arguments: [
    Damage("runs", "phase", "'lost'"), Damage("runs", "since", "'then'"), Damage("runs", "is_baseline", "2"),
    Damage("runs", "gone_at", "x'00'"),
  ])
  func `a run that can't be read isn't taken for a new one`(damage: Damage) async throws {
    try await expect(damage, row: "runs run_1") { _ = try await $0.ledger(organization: "org") }
    try await expect(damage, row: "runs run_1") { _ = try await $0.story(run: "run_1") }
  }

  @Test(arguments: [
    (Damage("events", "time", "'noon'"), "events evt_1"), (Damage("events", "stayed", "x'00'"), "events evt_1"),
    (Damage("events", "rules", "3"), "events evt_1"), (Damage("events", "body", "'text'"), "events evt_1"),
    (Damage("events", "phase", "1"), "events evt_1"), (Damage("events", "seen_at", "NULL"), "events evt_1"),
    (Damage("attempts", "number", "-1"), "attempts msg_2"), (Damage("attempts", "outcome", "1"), "attempts msg_2"),
    (Damage("attempts", "started_at", "NULL"), "attempts msg_2"),
    (Damage("attempts", "finished_at", "'x'"), "attempts msg_2"), (Damage("attempts", "code", "'x'"), "attempts msg_2"),
    (Damage("attempts", "detail", "NULL"), "attempts msg_2"), (Damage("attempts", "output", "x'00'"), "attempts msg_2"),
    (Damage("replays", "requested_at", "'x'"), "replays msg_2"), (Damage("runs", "changed_at", "'x'"), "runs run_1"),
  ])
  func `a story isn't told with a part that can't be read`(damage: Damage, row: String) async throws {
    try await expect(damage, row: row) { _ = try await $0.story(run: "run_1") }
  }

  @Test func `whatever else is read names its row, too`() async throws {
    try await expect(.init("destinations", "failures", "-1"), row: "destinations chat") {
      _ = try await $0.destinationStates()
    }
    try await expect(.init("destinations", "stopped_reason", "5"), row: "destinations chat") {
      _ = try await $0.destinationStates()
    }
    try await expect(.init("digests", "plan", "'text'"), row: "digests dig_1") {
      _ = try await $0.dueDigests(at: ms(9), most: 9)
    }
    try await expect("UPDATE events SET body = NULL", .init("events", "body", ""), row: "events evt_1") {
      _ = try await $0.dueDigests(at: ms(9), most: 9)
    }
    try await expect(.init("known_names", "kind", "'x'"), row: "known_names chat") { _ = try await $0.knownNames() }
    try await expect(.init("clock", "wall", "'x'"), row: "clock 1") { _ = try await $0.savedClock() }
    try await expect(.init("clock_steps", "by", "'x'"), row: "clock_steps 1") { _ = try await $0.clockHistory() }
    try await expect(.init("sources", "unreachable_since", "'x'"), row: "sources x", column: "moment") {
      _ = try await $0.ledger(organization: "org")
    }
    try await expect(.init("rule_files", "bytes", "'x'"), row: "rule_files sha") {
      _ = try await $0.ruleFile(digest: "sha")
    }
  }

  @Test func `the error says which row and column, and what to do`() {
    let error = StorageError.unreadable(state: "/s", row: "deliveries msg_2", column: "kind")
    #expect(
      "\(error)" == "the state /s is damaged: kind of deliveries msg_2 can't be read; "
        + "put a copy in its place, or move it away and start anew")
  }

  private func expect(
    _ damage: Damage, row: String, column: String? = nil, _ read: (SQLiteStore) async throws -> Void
  ) async throws {
    let target = damage.table == "deliveries" ? " WHERE id = 'msg_2'" : ""
    let sql = "UPDATE \(damage.table) SET \(damage.column) = \(damage.value)\(target)"
    try await expect(sql, .init(damage.table, column ?? damage.column, ""), row: row, read)
  }

  /// - Parameter sql: how the state is damaged, after all that its schema refuses has been taken out of that.
  private func expect(
    _ sql: String, _ damage: Damage, row: String, _ read: (SQLiteStore) async throws -> Void
  ) async throws {
    let scratch = try ScratchDirectory()
    let path = try scratch.write(try await Self.state.value, to: "state.sqlite")
    try await Self.harm(path, sql)
    let store = try SQLiteStore(path: path)
    defer { store.close() }
    let error = await storageError { try await read(store) }
    #expect(error == .unreadable(state: path, row: row, column: damage.column), "\(sql)")
  }

  /// The file, made once: every case damages a copy.
  private static let state = Task {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    try await write(path)
    return [UInt8](try Data(contentsOf: URL(filePath: path)))
  }

  /// A state with a row in every table. `msg_2` is due at `chat`; it comes after `msg_1`, and has steps after it.
  private static func write(_ path: String) async throws {
    let store = try SQLiteStore(path: path)
    store.close()
    let queue = try DatabaseQueue(path: path)
    try await queue.write { database in
      try database.execute(
        sql: """
          INSERT INTO runs (organization, id, phase, since, is_baseline, changed_at)
            VALUES ('org', 'run_1', 'failed', 5, 0, 6);
          INSERT INTO sources VALUES ('org', 1);
          INSERT INTO events (id, run_id, phase, time, seen_at, body)
            VALUES ('evt_1', 'run_1', 'failed', 5, 6, CAST('{"id":"evt_1"}' AS BLOB));
          INSERT INTO deliveries (sequence, id, event_id, run_id, rule, destination, kind, status, settled_at, created_at)
            VALUES (1, 'msg_1', 'evt_1', 'run_1', 'r', 'chat', 'event', 'delivered', 6, 6);
          INSERT INTO deliveries
            (sequence, id, event_id, run_id, rule, destination, kind, status, next_attempt_at, created_at, continues,
             parent, branch)
            VALUES (2, 'msg_2', 'evt_1', 'run_1', 'r', 'chat', 'body', 'pending', 6, 6, 1, 'msg_1', 'then');
          INSERT INTO contents VALUES (2, CAST('{"x":1}' AS BLOB));
          INSERT INTO continuations VALUES (2, CAST('{}' AS BLOB));
          INSERT INTO attempts VALUES (2, 1, 6, 7, 'timedOut', NULL, '', '');
          INSERT INTO replays VALUES ('msg_2', 6);
          INSERT INTO destinations VALUES ('chat', 'f', 1, 'gone', NULL, 1, NULL);
          INSERT INTO digests (id, rule, action, key, destination, due_at) VALUES ('dig_1', 'r', 'a', 'k', 'chat', 6);
          INSERT INTO digest_events (digest_id, event_id) VALUES ('dig_1', 'evt_1');
          INSERT INTO known_names VALUES ('destination', 'chat', 'slack', NULL);
          INSERT INTO clock VALUES (1, 'b', 1, 1, NULL);
          INSERT INTO clock_steps VALUES (1, 1, 1);
          INSERT INTO rule_files VALUES ('sha', x'00', 1);
          """)
    }
    try queue.close()
  }

  /// What makes SQLite refuse or convert a value.
  private static let types = [
    " STRICT,", " STRICT", " TEXT NOT NULL", " INTEGER NOT NULL", " BLOB NOT NULL", " TEXT", " INTEGER", " BLOB",
  ]

  private static func harm(_ path: String, _ sql: String) async throws {
    let queue = try DatabaseQueue(path: path)
    try await queue.writeWithoutTransaction { database in
      try database.execute(
        sql: """
          PRAGMA writable_schema = ON;
          \(types.map { "UPDATE sqlite_schema SET sql = replace(sql, '\($0)', '') WHERE type = 'table'" }.joined(separator: ";"));
          UPDATE sqlite_schema SET sql = replace(sql, ' PRIMARY KEY', ' INTEGER PRIMARY KEY')
            WHERE name IN ('deliveries', 'clock', 'clock_steps', 'digest_events', 'contents', 'continuations');
          PRAGMA writable_schema = RESET;
          PRAGMA ignore_check_constraints = ON;
          PRAGMA foreign_keys = OFF;
          \(sql);
          """)
    }
    try queue.close()
  }
}
