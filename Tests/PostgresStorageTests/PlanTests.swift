import Runs
import Storage
import TestSupport
import Testing

@testable import PostgresStorage

/// How PostgreSQL finds what the dispatcher asks for again and again: by an index, whatever number of deliveries waits.
@Suite(.needsPostgres) struct PlanTests {
  @Test func `what is asked for again and again is found by an index, and in its order`() async throws {
    let database = try TestDatabase()
    let store = try database.watch(uptime: { .zero })
    defer { store.close() }
    let burial = BulkDeadLetter(destination: "d7", reason: "", olderThan: .seconds(1))
    // Enough that reading all of it is no plan, and statistics as autovacuum makes them.
    for run in 0..<8 {
      let deliveries = (0..<250).map { NewDelivery.of("m\(run)-\($0)", to: .destination("d\($0 % 40)")) }
      _ = try await store.commit(.of(run: "r\(run)", deliveries))
    }
    try database.psql("ANALYZE")
    let some = try await store.due(destination: "d7", limit: 20, at: ms(5), except: [])
    let ends = PostgresStore.ends(some.map { SettledAttempt($0, .delivered, nil) }, at: ms(5))
    #expect(some.count == 20)
    let steps = some.map { before in
      var step = NewDelivery.of("after-\(before.id)")
      step.link = ChainLink(parent: before.id, .then)
      return NewRow(step, event: before.eventID, run: before.runID)
    }
    let statements: [(Statement, sorts: Bool)] = [
      (PostgresStore.dueTargets(ms(5)), false),
      (PostgresStore.dueDeliveries("d7", 10, ms(5), [3], after: nil), false),
      (PostgresStore.dueDeliveries("d7", 10, ms(5), [3], after: DuePlace(dueAt: ms(0), sequence: 900)), false),
      (PostgresStore.probeDelivery("d7", ms(5), []), false),
      (PostgresStore.deadLetterBacklog(burial, at: ms(5)), true), (PostgresStore.release("d7", at: ms(5)), true),
      (PostgresStore.freed(run: "r1", destination: "d7"), true), (PostgresStore.crowded(some), true),
      (ends, true), (PostgresStore.inserted(steps, ms(5)), true),
    ]
    for (statement, sorts) in statements {
      let plan = try await store.read { database in
        try database.all("EXPLAIN (FORMAT TEXT) \(statement)", of: "plan", by: "QUERY PLAN") {
          try $0.text("QUERY PLAN")
        }
        .joined(separator: "\n")
      }
      #expect(plan.contains("Index") && !plan.contains("Seq Scan on deliveries"), "\(plan)")
      if !sorts { #expect(!plan.contains("Sort"), "\(plan)") }
    }
  }
}
