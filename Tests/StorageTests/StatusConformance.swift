import Runs
import Storage
import TestSupport
import Testing

/// What a store answers to those who show it.
@Suite(.timeLimit(.minutes(6))) struct StatusConformance {
  private func entry(_ phase: Phase, since: Int64, isGone: Bool = false) -> Ledger.Entry {
    Ledger.Entry(phase: phase, since: ms(since), isBaseline: false, isGone: isGone)
  }

  @Test(arguments: StoreFactory.all)
  func `what waits is counted, what is due, and since when`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      #expect(try await store.outbox(at: ms(5)) == OutboxCount(pending: 0, due: 0, oldest: nil, dead: 0))
      _ = try await store.commit(.of(run: "a", "m1", "m2", "m3", at: 10))
      _ = try await store.commit(.of(run: "b", "m4", at: 20))
      for (delivery, settlement) in zip(
        try await store.due(destination: "chat", limit: 2, at: ms(30), except: []),
        [Settlement.dead(reason: "no"), .retry(at: ms(90), reason: "later")])
      {
        try await store.settle(delivery, as: settlement, .of(delivery, at: 40, outcome: "serverError"))
      }
      #expect(try await store.outbox(at: ms(50)) == OutboxCount(pending: 3, due: 2, oldest: ms(10), dead: 1))
      #expect(try await store.outbox(at: ms(90)).due == 3)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `runs come by phase, the newest first, page by page`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      var sweep = try SweepCommit.of(run: "run_b", [], at: 5)
      sweep.changed = [
        "run_a": entry(.failed, since: 7), "run_b": entry(.failed, since: 9), "run_c": entry(.failed, since: 9),
        "run_d": entry(.running, since: 20), "run_e": entry(.running, since: 30, isGone: true),
      ]
      _ = try await store.commit(sweep)
      let first = try await store.runs(RunQuery(phases: [.failed, .error], limit: 2))
      #expect(first.map(\.id) == ["run_b", "run_c"])
      #expect(first.map { $0.event.isEmpty } == [false, true])
      let last = try #require(first.last)
      let rest = try await store.runs(RunQuery(phases: [.failed], after: (last.entry.since, last.id), limit: 2))
      #expect(rest.map(\.id) == ["run_a"])
      #expect(rest.first?.entry == entry(.failed, since: 7))
      #expect(try await store.runs(RunQuery(phases: [.running], limit: 9)).map(\.id) == ["run_d"])
      #expect(try await store.runCounts() == [.failed: 3, .running: 1])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `a rule fired last when its newest delivery was made`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "a", [.of("m1", rule: "one"), .of("m2", rule: "two")], at: 10))
      _ = try await store.commit(.of(run: "b", [.of("m3", rule: "one")], at: 20))
      #expect(try await store.lastFirings() == ["one": ms(20), "two": ms(10)])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `what happened is counted in stretches of time`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "a", "m1", "m2", at: 1_000))
      _ = try await store.commit(.of(run: "b", [], at: 2_500))
      _ = try await store.commit(.of(run: "c", [], at: 9_000))
      for (delivery, settlement) in zip(
        try await store.due(destination: "chat", limit: 2, at: ms(1_000), except: []),
        [Settlement.dead(reason: "no"), .delivered])
      {
        try await store.settle(delivery, as: settlement, .of(delivery, at: 2_100))
      }
      let slots = try await store.activity(from: ms(1_000), step: .seconds(1), count: 3)
      #expect(
        slots == [
          Activity(at: ms(1_000), ended: [.failed: 1]),
          Activity(at: ms(2_000), ended: [.failed: 1], delivered: 1, dead: 1, waited: .milliseconds(1_100)),
          Activity(at: ms(3_000)),
        ])
    }
  }
}
