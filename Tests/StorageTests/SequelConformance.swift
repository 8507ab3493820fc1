import Runs
import TestSupport
import Testing

@testable import Storage

/// Messages that continue others; for every store.
struct SequelConformance {
  private func delivery(_ id: String, _ sequel: Sequel, after parent: String? = nil) -> NewDelivery {
    var delivery = NewDelivery.of(id)
    delivery.sequel = sequel
    delivery.link = parent.map { ChainLink(parent: $0, .then) }
    return delivery
  }

  @Test(arguments: StoreFactory.all)
  func `what a message continues is kept with it`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      let sequel = Sequel(updates: true, thread: "a\n'b'")
      _ = try await store.commit(.of(run: "r", [delivery("m1", sequel), .of("m2")]))
      let read = try await store.due(destination: "chat", limit: 9, at: ms(5), except: [])
      #expect(read.map(\.sequel) == [sequel, .none])
    }
  }

  /// A log may be waited for, and then the message of a later event is made before that of an earlier one.
  @Test(arguments: StoreFactory.all)
  func `steps have the rank of the first of their chain`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      for (id, time) in [("early", 1), ("late", 2)] {
        var first = NewDelivery.of(id, to: .destination("elsewhere-\(id)"))
        first.continuation = [1]
        _ = try await store.commit(.of(run: "r", [first], eventAt: Int64(time)))
      }
      for id in ["late", "early"] {
        let claim = try await store.claimOne(.destination("elsewhere-\(id)"))
        var step = delivery("\(id) step", .none, after: id)
        step.continuation = [1]
        var batch = SettlementBatch([SettledAttempt(claim, .delivered, .of(claim, at: 3), next: [step])])
        _ = try await store.settle(batch, at: ms(3))
        let second = try await store.claimOne()
        #expect(second.id == "\(id) step" && second.rank == claim.sequence)
        batch = SettlementBatch([
          SettledAttempt(
            second, .delivered, .of(second, at: 4), next: [delivery("\(id) third", .none, after: second.id)])
        ])
        _ = try await store.settle(batch, at: ms(4))
        let third = try await store.claimOne()
        #expect(third.id == "\(id) third" && third.rank == claim.sequence && third.rank < third.sequence)
        try await store.settle(third, as: .delivered, .of(third, at: 5))
      }
    }
  }

  @Test(arguments: StoreFactory.all)
  func `what was posted is remembered with the end of its attempt, or neither`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", "m1"))
      let claim = try await store.claimOne()
      let first = PostedMessage(key: "k", reference: Array(#"{"ts":"1"}"#.utf8), rank: claim.rank)
      let batch = SettlementBatch([SettledAttempt(claim, .delivered, .of(claim, at: 5), posted: [first])])
      #expect(try await store.posted(key: "k") == nil)
      _ = try await store.settle(batch, at: ms(5))
      #expect(try await store.posted(key: "k") == first)
      #expect(try await store.posted(key: "l") == nil)
      // Its attempt has ended already.
      let second = PostedMessage(key: "k", reference: [0, 0xFF], rank: 9)
      let again = SettlementBatch([SettledAttempt(claim, .delivered, .of(claim, at: 6), posted: [second])])
      #expect(await storageError { _ = try await store.settle(again, at: ms(6)) } == .notClaimed("m1"))
      #expect(try await store.posted(key: "k") == first)
      _ = try await store.commit(.of(run: "r", "m2", eventAt: 2))
      let next = try await store.claimOne()
      _ = try await store.settle(
        SettlementBatch([SettledAttempt(next, .delivered, .of(next, at: 7), posted: [second])]), at: ms(7))
      #expect(try await store.posted(key: "k") == second)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `it is forgotten when nothing has continued it for long`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      for (index, key) in ["a", "b", "c", "a"].enumerated() {
        _ = try await store.commit(.of(run: "r\(index)", "m\(index)", at: Int64(index)))
        let claim = try await store.claimOne()
        let posted = PostedMessage(key: key, reference: [UInt8(index)], rank: 1)
        _ = try await store.settle(
          SettlementBatch([SettledAttempt(claim, .delivered, .of(claim, at: 10), posted: [posted])]),
          at: ms(10 * Int64(index + 1)))
      }
      #expect(try await store.prune(before: ms(20), limit: 9) == 4, "nothing posted, but four deliveries")
      _ = try await store.prune(before: ms(35), limit: 1)
      #expect(try await store.posted(key: "b") == nil)
      #expect(try await store.posted(key: "c") != nil)
      #expect(try await store.prune(before: ms(35), limit: 1) == 1)
      #expect(try await store.posted(key: "c") == nil)
      #expect(try await store.posted(key: "a")?.reference == [3])
    }
  }
}
