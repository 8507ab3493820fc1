import Runs
import Storage
import TestSupport
import Testing

/// Who did what, in every store.
@Suite struct AuditConformance {
  private static let alice = Agent(.command, name: "alice \"a\"; DROP TABLE acts", note: "process 4711")
  private static let page = Agent(.port, name: "192.0.2.1", note: "with the token")

  @Test(arguments: StoreFactory.all)
  func `what somebody does is recorded with who did it and to what, the newest first`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", "m1", "m2", "m3"))
      for delivery in try await store.due(destination: "chat", limit: 2, at: ms(9), except: []) {
        try await store.settle(delivery, as: .dead(reason: "no"), .of(delivery, at: 9))
      }
      var filter = ReplayFilter()
      filter.status = .dead
      let dead = try await store.deliveries(DeliveryFilter(status: .dead)).map(\.id)
      let silence = Silence(id: "sil_1", createdAt: ms(12), until: ms(90), reason: "why 'so'")
      #expect(try await store.replay(filter, by: Self.alice, at: ms(10)) == dead)
      _ = try await store.hasten(ids: ["m1"], by: Self.page, at: ms(11))
      try await store.add(silence, by: Self.alice)
      #expect(try await store.endSilence(id: "sil_1", by: Self.page, at: ms(13)))
      filter.status = .pending
      filter.ids = ["m2", "m3"]
      let moved = try await store.redirect(filter, to: "other", type: "webhook", by: Self.alice, at: ms(14)).moved
      try await store.record(Act(at: ms(15), .reloadRefused, by: Agent(.signal, name: "SIGHUP"), detail: "no"))
      let expected = [
        Act(at: ms(15), .reloadRefused, by: Agent(.signal, name: "SIGHUP"), detail: "no"),
        Act(at: ms(14), .redirect, by: Self.alice, moved, detail: "other"),
        Act(at: ms(13), .endSilence, by: Self.page, ["sil_1"]),
        Act(at: ms(12), .silence, by: Self.alice, ["sil_1"], detail: "why 'so'"),
        Act(at: ms(11), .hasten, by: Self.page, ["m1"]), Act(at: ms(10), .replay, by: Self.alice, dead),
      ]
      #expect(dead.count >= 1 && moved == ["m2", "m3"])
      #expect(try await store.acts(ActFilter(limit: 50)) == expected)
      #expect(try await store.acts(ActFilter(limit: 2)) == Array(expected.prefix(2)))
    }
  }

  @Test(arguments: StoreFactory.all)
  func `acts are found by what they were on, with no other subjects than those`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", "m1"))
      _ = try await store.commit(.of(run: "s", "m2"))
      _ = try await store.hasten(ids: ["m1", "m2"], by: Self.alice, at: ms(5))
      _ = try await store.hasten(ids: ["m2"], by: Self.page, at: ms(6))
      let both = Act(at: ms(5), .hasten, by: Self.alice, ["m1"], count: 2)
      #expect(try await store.acts(ActFilter(ids: ["m1", "x"], limit: 9)) == [both])
      #expect(try await store.acts(ActFilter(ids: ["m2"], limit: 9)).map(\.at) == [ms(6), ms(5)])
      #expect(try await store.acts(ActFilter(ids: [], limit: 9)).isEmpty)
      #expect(try await store.acts(ActFilter(ids: ["' OR 1"], limit: 9)).isEmpty)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `what does nothing is not recorded, and a dry run does nothing`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", "m1"))
      var filter = ReplayFilter()
      _ = try await store.replay(filter, by: Self.alice, at: ms(5))
      _ = try await store.hasten(ids: ["none"], by: Self.alice, at: ms(5))
      _ = try await store.endSilence(id: "none", by: Self.alice, at: ms(5))
      filter.isDryRun = true
      filter.ids = ["m1"]
      _ = try await store.redirect(filter, to: "other", type: "webhook", by: Self.alice, at: ms(5))
      filter.ids = ["none"]
      filter.isDryRun = false
      _ = try await store.redirect(filter, to: "other", type: "webhook", by: Self.alice, at: ms(5))
      #expect(try await store.acts(ActFilter(limit: 9)).isEmpty)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `acts are forgotten with the rest, and the subjects of a large one are cut`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      let ids = (0..<Act.maxSubjects + 5).map { "m\($0)" }
      try await store.record(Act(at: ms(5), .replay, by: Self.alice, ids))
      try await store.record(Act(at: ms(6), .reload, by: Agent(.file)))
      let large = try await store.acts(ActFilter(limit: 9)).last
      #expect(large?.subjects == Array(ids.prefix(Act.maxSubjects)) && large?.count == ids.count)
      _ = try await store.prune(before: ms(6), limit: 9)
      #expect(try await store.acts(ActFilter(limit: 9)).map(\.kind) == [.reload])
      #expect(try await store.acts(ActFilter(ids: ["m1"], limit: 9)).isEmpty)
    }
  }

  @Test func `texts are cut to what is kept of them, and hold no NUL`() {
    let act = Act(
      at: ms(1), .silence, by: Agent(.port, name: String(repeating: "x", count: 500), note: "a\0b"),
      detail: String(repeating: "y", count: 900))
    #expect(act.agent.name.count == Agent.longest && act.agent.name.hasSuffix("x…"))
    #expect(act.agent.note == "a\u{FFFD}b" && act.detail.count == Act.longestDetail)
  }

  @Test(arguments: ["why", "(other) sil_9)", ""])
  func `the silence that held a message back is known from the clause`(reason: String) {
    let silence = Silence(id: "sil_1", createdAt: ms(1), until: ms(2), reason: reason)
    #expect(Silence.id(in: silence.clause) == "sil_1")
    #expect(Silence.id(in: "the rule has fired (sil_2) before") == nil)
  }
}
