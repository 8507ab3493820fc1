import Runs
import TestSupport
import Testing

@testable import Storage

/// What every store does when a sweep brings more than a statement holds: the first look at an organization, or the ends after an
/// outage.
struct LargeSweepConformance {
  private static let runs = 1_200

  private func event(_ run: Int, at time: Int64, _ id: String) throws -> NewEvent {
    NewEvent(event: try .of(run: "r\(run)", at: time), deliveries: [.of(id)])
  }

  @Test(arguments: StoreFactory.all)
  func `a run's second event waits for its first in the same sweep, and all keep their order`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      var sweep = SweepCommit(organization: "org", time: ms(5))
      sweep.events = try (0..<Self.runs).map { try event($0, at: 1, "a\($0)") }
      // Its first may stand right before it, or in another statement.
      sweep.events += try [1_199, 3, 1_100].map { try event($0, at: 2, "b\($0)") }
      // Known already, in the same sweep.
      sweep.events.append(try event(7, at: 1, "again"))
      let counts = try await store.commit(sweep)
      #expect(counts == (events: Self.runs + 3, deliveries: Self.runs + 3))
      let firsts = try await store.claim(destination: "chat", limit: 2_000, at: ms(9))
      #expect(firsts.map(\.id) == (0..<Self.runs).map { "a\($0)" })
      try await store.settle(firsts[3], as: .delivered, .of(firsts[3], at: 10))
      #expect(try await store.claimIDs() == ["b3"])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `an event seen again among new ones changes nothing of it`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r1", "old"))
      let claim = try await store.claimOne()
      try await store.settle(claim, as: .delivered, .of(claim, at: 1))
      var sweep = SweepCommit(organization: "org", time: ms(5))
      sweep.events = try [0, 1, 2].map { try event($0, at: 1, "new\($0)") }
      #expect(try await store.commit(sweep) == (events: 2, deliveries: 2))
      #expect(try await store.claimIDs() == ["new0", "new2"])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `contents that are large together arrive whole, each with its delivery`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      let bodies = (0..<6).map { [UInt8](repeating: UInt8($0), count: 900_000) }
      var sweep = SweepCommit(organization: "org", time: ms(5))
      sweep.events = try bodies.enumerated().map { place, body in
        var delivery = NewDelivery(id: "m\(place)", rule: "rule", destination: "chat", content: .body(body))
        delivery.continuation = [UInt8(place)]
        return NewEvent(event: try .of(run: "r\(place)"), deliveries: place == 4 ? [] : [delivery])
      }
      _ = try await store.commit(sweep)
      for place in [0, 1, 2, 3, 5] {
        let detail = try await store.delivery(id: "m\(place)")
        #expect(detail?.content == .body(bodies[place]))
        #expect(detail?.chain.first?.continuation == [UInt8(place)])
      }
    }
  }

  @Test(arguments: StoreFactory.all)
  func `digests collect their events in order, and are opened by their first`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      var sweep = SweepCommit(organization: "org", time: ms(5))
      sweep.events = try (0..<Self.runs).map { run in
        let entry = DigestEntry(
          rule: "rule", action: "1", key: run % 2 == 0 ? "even" : "odd", destination: "chat",
          window: .milliseconds(run < 2 ? 10 : 99), plan: [UInt8(run % 2)])
        return NewEvent(event: try .of(run: "r\(run)"), deliveries: [], digests: [entry])
      }
      _ = try await store.commit(sweep)
      let digests = try await store.dueDigests(at: ms(15), most: 2)
      #expect(digests.count == 2)
      let even = try #require(digests.first { $0.plan == [0] })
      let odd = try #require(digests.first { $0.plan == [1] })
      for (digest, first) in [(even, 0), (odd, 1)] {
        #expect(digest.count == Self.runs / 2)
        #expect(digest.events == [sweep.events[first].event.body, sweep.events[first + 2].event.body])
        #expect(digest.id == "dig_" + RunEvent.digest([sweep.events[first].event.id, "rule", "1"]))
      }
    }
  }

  @Test(arguments: StoreFactory.all)
  func `of what was held back everything is kept, and of a window the last`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      var sweep = SweepCommit(organization: "org", time: ms(5))
      sweep.events = try (0..<Self.runs).map { run in
        var new = NewEvent(event: try .of(run: "r\(run)"), deliveries: [])
        new.held = [
          HeldBack(
            eventID: new.event.id, runID: "r\(run)", rule: "rule", action: "1", destination: "chat", reason: "cooldown",
            at: ms(5))
        ]
        new.windows = [CooldownWindow(rule: "rule", key: "k\(run % 3)", until: ms(50), held: run)]
        return new
      }
      _ = try await store.commit(sweep)
      #expect(try await store.heldBack(since: ms(0)).map(\.runID) == (0..<Self.runs).map { "r\($0)" })
      #expect(try await store.restraints(at: ms(6)).windows.map(\.held) == [1_197, 1_198, 1_199])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `runs that are seen for the first time are remembered, each as it was`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      var sweep = SweepCommit(organization: "org", time: ms(5))
      for run in 0..<2_500 {
        sweep.changed["r\(run)"] = Ledger.Entry(
          phase: Phase.allCases[run % Phase.allCases.count], since: ms(Int64(run)), isBaseline: run % 2 == 0,
          isGone: run % 5 == 0)
      }
      _ = try await store.commit(sweep)
      #expect(try await store.ledger(organization: "org").runs == sweep.changed)
    }
  }
}
