import GRDB
import Runs
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

/// What somebody does and the record of it are one transaction.
@Suite struct AuditTests {
  @Test func `what can't be recorded isn't done`() async throws {
    let scratch = try ScratchDirectory()
    let store = try SQLiteStore(path: "\(scratch.path)/state.sqlite")
    defer { store.close() }
    _ = try await store.commit(.of(run: "r", "m"))
    let delivery = try #require(try await store.due(destination: "chat", limit: 1, at: ms(9), except: []).first)
    try await store.settle(delivery, as: .dead(reason: "no"), .of(delivery, at: 9))
    let silence = Silence(id: "sil_1", createdAt: ms(9), until: ms(90), reason: "why")
    try await store.add(silence)
    let before = try await store.record("m")
    try await store.write { database in
      try database.execute(
        sql: "CREATE TRIGGER no BEFORE INSERT ON acts BEGIN SELECT RAISE(ABORT, 'the audit is full'); END")
    }
    var filter = ReplayFilter()
    filter.ids = ["m"]
    let tries: [() async throws -> Void] = [
      { _ = try await store.replay(filter, at: ms(10)) },
      { _ = try await store.redirect(filter, to: "other", type: "webhook", at: ms(10)) },
      { try await store.add(Silence(id: "sil_2", createdAt: ms(10), until: ms(90), reason: "why")) },
      { _ = try await store.endSilence(id: "sil_1", at: ms(10)) },
    ]
    for (index, attempt) in tries.enumerated() {
      await #expect(throws: StorageError.self, "\(index)") { try await attempt() }
    }
    #expect(try await store.record("m") == before)
    #expect(try await store.silences() == [silence])
    #expect(try await store.acts(ActFilter(limit: 9)).map(\.kind) == [.silence])
  }
}
