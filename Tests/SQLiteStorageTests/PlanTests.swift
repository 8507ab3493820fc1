import GRDB
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

/// How SQLite finds what the dispatcher asks for again and again: by an index, whatever number of deliveries waits.
struct PlanTests {
  @Test(arguments: [
    SQLiteStore.dueTargets, SQLiteStore.dueDeliveries, SQLiteStore.unsettled,
    SQLiteStore.deadLetterBacklog, SQLiteStore.probeDelivery, SQLiteStore.release,
  ])
  func `what is asked for again and again is found by an index, and in its order`(sql: String) async throws {
    let scratch = try ScratchDirectory()
    let store = try SQLiteStore(path: "\(scratch.path)/state.sqlite")
    defer { store.close() }
    let values = [":destination", ":age", ":now", ":sparing", ":limit", "?"]
    let sql = values.reduce(sql) { $0.replacing($1, with: "1") }
    let steps = try await store.read { database in
      try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(sql)").map { $0["detail"] as String }
    }
    #expect(steps.contains { $0.contains("USING INDEX") || $0.contains("USING COVERING INDEX") })
    for step in steps {
      #expect(!step.hasPrefix("SCAN deliveries") && !step.hasPrefix("SCAN d"), "\(steps)")
      #expect(!step.contains("TEMP B-TREE FOR ORDER BY"), "\(steps)")
    }
  }
}
