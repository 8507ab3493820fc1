import FoundationEssentials
import GRDB
import Glibc
import Runs
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

/// What is SQLite's own: durability, files, schema.
struct SQLiteStoreTests {
  private func withStore(_ body: (SQLiteStore, String) async throws -> Void) async throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let store = try SQLiteStore(path: path)
    defer { store.close() }
    try await body(store, path)
  }

  private func mode(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  private func openingError(_ path: String, reading: Bool = false) -> StorageError? {
    do throws(StorageError) {
      let store = try reading ? SQLiteStore(readingFrom: path) : SQLiteStore(path: path)
      store.close()
      return nil
    } catch {
      return error
    }
  }

  @Test func `the writer waits for the disk at every commit, in WAL mode, with foreign keys`() async throws {
    try await withStore { store, _ in
      let settings = try await store.write { database in
        try ["synchronous", "journal_mode", "foreign_keys"].map { try String.fetchOne(database, sql: "PRAGMA \($0)") }
      }
      #expect(settings == ["2", "wal", "1"])
    }
  }

  @Test func `directories and files are made for the user alone`() async throws {
    let scratch = try ScratchDirectory()
    #expect(chmod(scratch.path, 0o755) == 0)
    let path = "\(scratch.path)/a/b/state.sqlite"
    let store = try SQLiteStore(path: path)
    defer { store.close() }
    _ = try await store.commit(.of(run: "r", "m"))
    for file in [path, "\(path)-wal", "\(path)-shm"] { #expect(mode(file) == 0o600, "\(file)") }
    for directory in ["a", "a/b"] { #expect(mode("\(scratch.path)/\(directory)") == 0o700, "\(directory)") }
    #expect(mode(scratch.path) == 0o755)
  }

  @Test func `everything is there again after reopening, and the migrations ran once`() async throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    var before: [DeliveryRecord] = []
    for round in 0..<3 {
      let store = try SQLiteStore(path: path)
      #expect(try await store.deliveries(DeliveryFilter()) == before)
      #expect(try await store.ledger(organization: "org").hasBaseline == (round > 0))
      let migrations = try await store.read { try String.fetchAll($0, sql: "SELECT identifier FROM grdb_migrations") }
      #expect(
        migrations == [
          "1 ledger and outbox", "2 watching and looking back", "3 destinations", "4 contents", "5 chains",
          "6 clock", "6 forms", "6 open digests", "7 lanes", "8 any kind", "9 silences", "9 heartbeat", "10 paces",
          "10 sequels", "11 audit", "12 workers",
        ])
      var sweep = try SweepCommit.of(run: "r\(round)", "m\(round)")
      sweep.setsBaseline = true
      _ = try await store.commit(sweep)
      let claim = try await store.claimOne()
      try await store.settle(claim, as: .retry(at: ms(9_000), reason: "x"), .of(claim, at: 5))
      before = try await store.deliveries(DeliveryFilter())
      store.close()
    }
    #expect(before.count == 3)
  }

  @Test(arguments: [
    "status = 'lost'", "status = 'pending', next_attempt_at = NULL", "next_attempt_at = NULL", "status = 'delivered'",
    "status = 'delivered', next_attempt_at = NULL", "status = 'claimed', next_attempt_at = NULL", "claimed_at = 1",
    "status = 'dead', next_attempt_at = NULL, settled_at = 1", "settled_at = 1", "attempts = -1",
    "event_id = 'none'", "attempts = 'many'", "id = NULL", "run_id = NULL",
    "waits = 2", "waits = 1, status = 'claimed', next_attempt_at = NULL, claimed_at = 1",
  ])
  func `an impossible delivery is refused by the schema`(change: String) async throws {
    try await withStore { store, path in
      _ = try await store.commit(.of(run: "r", "m"))
      let before = try await store.record("m")
      let error = await storageError {
        try await store.write { try $0.execute(sql: "UPDATE deliveries SET \(change)") }
      }
      guard case .failed(path, _) = error else { return #expect(error != nil, "\(change) was accepted") }
      #expect(try await store.record("m") == before)
    }
  }

  @Test(arguments: [
    "INSERT INTO runs VALUES ('o', 'r', 'lost', 1, 0, 1)", "INSERT INTO runs VALUES ('o', 'r', 'failed', 1, 2, 1)",
    "INSERT INTO attempts VALUES (1, 0, 1, 1, 'x', NULL, '', '')",
    "INSERT INTO attempts VALUES (99, 1, 1, 1, 'x', NULL, '', '')", "DELETE FROM events",
    "INSERT INTO organizations VALUES ('o', NULL)",
  ])
  func `other impossible rows are refused, too`(sql: String) async throws {
    try await withStore { store, _ in
      _ = try await store.commit(.of(run: "r", "m"))
      #expect(await storageError { try await store.write { try $0.execute(sql: sql) } } != nil)
    }
  }

  @Test func `an error tells what failed and no value of the row`() async throws {
    try await withStore { store, path in
      _ = try await store.commit(.of(run: "r", "m"))
      let claim = try await store.claimOne()
      let attempt = AttemptRecord(
        number: 0, startedAt: ms(1), finishedAt: ms(1), outcome: "OUTCOME", detail: "DETAIL", output: "OUTPUT")
      let error = await storageError { try await store.settle(claim, as: .dead(reason: "REASON"), attempt) }
      #expect(error == .failed(state: path, why: "CHECK constraint failed: number > 0"))
      for value in ["OUTCOME", "DETAIL", "OUTPUT", "REASON"] { #expect(error?.description.contains(value) == false) }
      #expect(try await store.record("m").status == .claimed)
    }
  }

  @Test func `a state that can't be opened is told with its path and why`() async throws {
    let scratch = try ScratchDirectory()
    let none = "\(scratch.path)/none/state.sqlite"
    #expect(openingError(none, reading: true) == .missing(state: none))
    #expect(mode("\(scratch.path)/none") == nil)
    #expect(openingError(scratch.path) == .cannotOpen(state: scratch.path, why: "Is a directory"))
    let text = "\(scratch.path)/text"
    try Data(String(repeating: "no database ", count: 100).utf8).write(to: URL(filePath: text))
    #expect(openingError(text) == .damaged(state: text, why: "file is not a database"))
    #expect(openingError("\(text)/state") == .cannotOpen(state: "\(text)/state", why: "Not a directory"))
  }

  @Test func `a state with a part missing is told to be damaged`() async throws {
    try await withStore { store, path in
      for index in 0..<50 { _ = try await store.commit(.of(run: "r\(index)", "m\(index)")) }
      store.close()
      #expect(try Data(contentsOf: URL(filePath: "\(path)-wal")).isEmpty, "closing writes the log into the state")
      let whole = try Data(contentsOf: URL(filePath: path))
      try whole.prefix(whole.count / 2).write(to: URL(filePath: path))
      let error = await storageError { _ = try await SQLiteStore(path: path).deliveries(DeliveryFilter()) }
      #expect(error == .damaged(state: path, why: "database disk image is malformed"))
    }
  }

  @Test func `a state of a later version is refused, and left as it is`() async throws {
    try await withStore { store, path in
      _ = try await store.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from the future')") }
      store.close()
      #expect(openingError(path) == .newer(state: path))
      #expect(openingError(path, reading: true) == .newer(state: path))
    }
  }

  @Test func `a directory that may not be made is told with the kernel's own reason`() {
    let (result, reason) = (mkdir("/sys/vi-notify", 0o700), StateFile.reason())
    #expect(result != 0)
    #expect(reason != "No such file or directory")
    let path = "/sys/vi-notify/state.sqlite"
    #expect(openingError(path) == .cannotOpen(state: path, why: reason))
  }

  @Test func `a second connection looks in while the first one writes`() async throws {
    try await withStore { store, path in
      _ = try await store.commit(.of(run: "r", "m"))
      let reader = try SQLiteStore(readingFrom: path)
      defer { reader.close() }
      #expect(try await reader.deliveries(DeliveryFilter()).map(\.id) == ["m"])
      _ = try await store.commit(.of(run: "s", "n"))
      #expect(try await reader.deliveries(DeliveryFilter()).map(\.id) == ["m", "n"])
    }
  }
}
