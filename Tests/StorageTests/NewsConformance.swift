import Runs
import Storage
import TestSupport
import Testing

@testable import Stores

/// What a store says of changes that ring no bell elsewhere.
@Suite(.timeLimit(.minutes(6))) struct NewsConformance {
  private func news(_ store: any StateStore, within limit: Duration = .zero) async throws -> StateNews {
    try await store.news(within: limit, by: .system)
  }

  private var collecting: SweepCommit {
    get throws {
      var commit = SweepCommit(organization: "org", time: ms(1))
      commit.events = [
        NewEvent(
          event: try .of(run: "r"), deliveries: [],
          digests: [
            DigestEntry(rule: "r", action: "1", key: "k", destination: "sink", window: .seconds(60), plan: nil)
          ])
      ]
      return commit
    }
  }

  @Test(arguments: StoreFactory.all)
  func `what was written before it was asked is unknown, and what this process writes is nobody else's`(
    factory: StoreFactory
  ) async throws {
    try await factory.withStore { store in
      #expect(try await news(store) == .outside)
      _ = try await store.commit(.of(run: "r", "m"))
      _ = try await store.ledger(organization: "org")
      #expect(try await news(store) == [])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `a digest wakes who waits, and is told of once`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await news(store)
      async let waiting = news(store, within: .seconds(3_600))
      _ = try await store.commit(try collecting)
      #expect(try await waiting == .digest)
      #expect(try await news(store) == [])
    }
  }

  @Test(arguments: StoreFactory.durable)
  func `what another process writes is seen, once for all of it`(factory: StoreFactory) async throws {
    let scratch = try ScratchDirectory()
    let store = try factory.open(scratch.path)
    defer { store.close() }
    _ = try await store.commit(.of(run: "r", "m"))
    _ = try await news(store)
    let other = try StateStores.open(store.name, for: .leavingWord)
    defer { other.close() }
    #expect(try await news(store) == [])
    #expect(try await other.hasten(ids: ["m"], at: ms(5)) == ["m"])
    #expect(try await other.hasten(ids: ["m"], at: ms(6)) == ["m"])
    #expect(try await news(store) == .outside)
    #expect(try await news(store) == [])
    _ = try await store.commit(.of(run: "r2", "m2"))
    #expect(try await news(store) == [])
  }
}
