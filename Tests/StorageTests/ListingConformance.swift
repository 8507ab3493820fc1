import Runs
import Storage
import TestSupport
import Testing

/// What lists ask of a store.
@Suite struct ListingConformance {
  @Test(arguments: StoreFactory.all)
  func `the newest are listed, so many as wanted, and all are counted`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "a", [.of("m1"), .of("m2", to: "d2")]))
      _ = try await store.commit(.of(run: "b", [.of("m3"), .of("m4", to: "d4")]))
      #expect(try await store.deliveries(DeliveryFilter(limit: 3)).map(\.id) == ["m2", "m3", "m4"])
      #expect(try await store.deliveries(DeliveryFilter(limit: 0)).isEmpty)
      #expect(try await store.deliveryCount(DeliveryFilter(limit: 1)) == 4)
      #expect(try await store.deliveryCount(DeliveryFilter(destination: "d4")) == 1)
      let created = try await store.record("m1").createdAt
      #expect(try await store.deliveryCount(DeliveryFilter(since: created)) == 4)
      #expect(try await store.deliveryCount(DeliveryFilter(since: created + .milliseconds(1))) == 0)
      try await store.settle(store.claimOne("d2"), as: .dead(reason: "gone"), .of(store.claimOne("d4"), at: 5))
      #expect(
        try await store.deliveryCounts(runs: ["a", "b", "c"]) == [
          "a": [.pending: 1, .dead: 1], "b": [.pending: 1, .claimed: 1],
        ])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `ids are found by how they begin, and nothing in them is a pattern`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "run_1", [.of("m_1"), .of("m_2"), .of("mx3", to: "d")]))
      #expect(try await store.ids(.delivery, beginning: "m_", limit: 9) == ["m_1", "m_2"])
      #expect(try await store.ids(.delivery, beginning: "m", limit: 2) == ["m_1", "m_2"])
      #expect(try await store.ids(.delivery, beginning: "", limit: 9).count == 3)
      #expect(try await store.ids(.delivery, beginning: "m%", limit: 9).isEmpty)
      #expect(try await store.ids(.run, beginning: "run", limit: 9) == ["run_1"])
      #expect(try await store.ids(.run, beginning: "m", limit: 9).isEmpty)
    }
  }
}
