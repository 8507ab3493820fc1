import Runs
import TestSupport
import Testing

@testable import Storage

/// What every store does for whole destinations, and with what is old.
struct DestinationConformance {
  @Test(arguments: StoreFactory.all)
  func `what is due is read without a trace, except what is under way`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      for index in 1...4 { _ = try await store.commit(.of(run: "r\(index)", "m\(index)", at: 10)) }
      #expect(try await store.due(destination: "chat", limit: 9, at: ms(9), except: []).isEmpty)
      for limit in [0, -1, Int.min] {
        #expect(try await store.due(destination: "chat", limit: limit, at: ms(10), except: []).isEmpty)
        #expect(try await store.claim(destination: "chat", limit: limit, at: ms(10)).isEmpty)
      }
      let first = try await store.due(destination: "chat", limit: 2, at: ms(10), except: [])
      #expect(first.map(\.id) == ["m1", "m2"])
      #expect(first.map(\.attempt) == [1, 1])
      #expect(first.map(\.claimedAt) == [nil, nil])
      let next = try await store.due(destination: "chat", limit: 9, at: ms(10), except: Set(first.map(\.sequence)))
      #expect(next.map(\.id) == ["m3", "m4"])
      let last = try #require(first.last)
      #expect(last.dueAt == ms(10))
      let place = DuePlace(dueAt: ms(10), sequence: last.sequence)
      let rest = try await store.due(destination: "chat", limit: 9, at: ms(10), except: [], after: place)
      #expect(rest.map(\.id) == ["m3", "m4"])
      #expect(try await store.counts() == DeliveryCounts(pending: 4))
    }
  }

  @Test(arguments: StoreFactory.all)
  func `what was read is settled once, and an interrupted attempt changes nothing`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", "m"))
      let read = try #require(try await store.due(destination: "chat", limit: 1, at: ms(1), except: []).first)
      try await store.settle(read, as: .interrupted, .of(read, at: 2, outcome: "interrupted"))
      #expect(try await store.record("m").nextAttemptAt == ms(0))
      try await store.settle(read, as: .retry(at: ms(9), reason: "x"), .of(read, at: 3))
      #expect(await storageError { try await store.settle(read, as: .delivered, .of(read, at: 4)) } == .notClaimed("m"))
      let again = try #require(try await store.due(destination: "chat", limit: 1, at: ms(9), except: []).first)
      #expect(again.attempt == 2)
      _ = try await store.claimOne(at: 9)
      #expect(
        await storageError { try await store.settle(again, as: .delivered, .of(again, at: 9)) } == .notClaimed("m"))
    }
  }

  @Test(arguments: StoreFactory.all)
  func `a claim that was interrupted can't be settled through the one that follows it`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", "m"))
      let first = try await store.claimOne(at: 1)
      try await store.settle(first, as: .interrupted, .of(first, at: 2))
      let second = try await store.claimOne(at: 3)
      #expect(second.attempt == first.attempt)
      #expect(
        await storageError { try await store.settle(first, as: .delivered, .of(first, at: 4)) } == .notClaimed("m"))
      try await store.settle(second, as: .delivered, .of(second, at: 5))
    }
  }

  @Test(arguments: StoreFactory.all)
  func `a batch is taken whole or not at all`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      for id in ["m1", "m2"] { _ = try await store.commit(.of(run: id, id)) }
      let read = try await store.due(destination: "chat", limit: 2, at: ms(1), except: [])
      try await store.settle(read[1], as: .delivered, .of(read[1], at: 2))
      var batch = SettlementBatch(read.map { SettledAttempt($0, .delivered, .of($0, at: 3)) })
      batch.destinations = [DestinationState(name: "chat", fingerprint: "f", failures: 1)]
      let refused = batch
      #expect(await storageError { _ = try await store.settle(refused, at: ms(3)) } == .notClaimed("m2"))
      #expect(try await store.counts() == DeliveryCounts(pending: 1, delivered: 1))
      #expect(try await store.destinationStates().isEmpty)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `settling says when it lets others go`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", "first"))
      _ = try await store.commit(.of(run: "r", "second", eventAt: 2))
      for (settlement, frees) in [
        (Settlement.retry(at: ms(1), reason: "x"), false), (.dead(reason: "x"), true), (.delivered, false),
      ] {
        let read = try #require(try await store.due(destination: "chat", limit: 1, at: ms(1), except: []).first)
        let batch = SettlementBatch([SettledAttempt(read, settlement, .of(read, at: 1))])
        #expect(try await store.settle(batch, at: ms(1)) == SettlementResult(mayHaveFreed: frees))
      }
    }
  }

  @Test(arguments: StoreFactory.all)
  func `a probe takes what comes first, however long it backs off, and not what waits for the morning`(
    factory: StoreFactory
  ) async throws {
    try await factory.withStore { store in
      for index in 1...4 { _ = try await store.commit(.of(run: "r\(index)", "m\(index)", at: 10)) }
      _ = try await store.commit(.of(run: "r1", "behind m1", eventAt: 2, at: 10))
      let read = try await store.due(destination: "chat", limit: 9, at: ms(10), except: [])
      let ends: [Settlement] = [.retry(at: ms(900), reason: "x"), .deferred(at: ms(800), reason: "x"), .delivered]
      for (delivery, end) in zip(read, ends) { try await store.settle(delivery, as: end, .of(delivery, at: 11)) }
      func probe(except: Set<Int64> = []) async throws -> ClaimedDelivery? {
        try await store.probe(destination: "chat", at: ms(20), except: except)
      }
      let due = try #require(try await probe())
      #expect(due.id == "m4")
      let first = try #require(try await probe(except: [due.sequence]))
      #expect((first.id, first.attempt) == ("m1", 2))
      #expect(try await probe(except: [due.sequence, first.sequence])?.id == nil)
      #expect(try await store.destinationsBackingOff(at: ms(899)) == ["chat"])
      #expect(try await store.destinationsBackingOff(at: ms(900)).isEmpty)
      try await store.settle(first, as: .delivered, .of(first, at: 21))
    }
  }

  @Test(arguments: StoreFactory.all)
  func `a destination that works lets go of what backs off, in its order, and of nothing else`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      for index in 1...4 { _ = try await store.commit(.of(run: "r\(index)", "m\(index)", at: 10)) }
      _ = try await store.commit(.of(run: "e", [.of("elsewhere", to: "d2")], at: 10))
      let ends: [Settlement] = [
        .retry(at: ms(900), reason: "x"), .deferred(at: ms(800), reason: "x"), .retry(at: ms(700), reason: "x"),
      ]
      let read = try await store.due(destination: "chat", limit: 3, at: ms(10), except: [])
      for (delivery, end) in zip(read, ends) { try await store.settle(delivery, as: end, .of(delivery, at: 11)) }
      let other = try #require(try await store.due(destination: "d2", limit: 1, at: ms(10), except: []).first)
      try await store.settle(other, as: .retry(at: ms(700), reason: "x"), .of(other, at: 11))
      let last = try #require(try await store.due(destination: "chat", limit: 1, at: ms(20), except: []).first)
      var batch = SettlementBatch([SettledAttempt(last, .delivered, .of(last, at: 20))])
      batch.releases = ["chat"]
      #expect(try await store.settle(batch, at: ms(20)).mayHaveFreed)
      #expect(try await store.due(destination: "chat", limit: 9, at: ms(20), except: []).map(\.id) == ["m1", "m3"])
      #expect(try await store.due(destination: "d2", limit: 9, at: ms(20), except: []).isEmpty)
      #expect(try await store.record("m2").nextAttemptAt == ms(800))
      batch.attempts = []
      #expect(try await store.settle(batch, at: ms(21)) == SettlementResult())
    }
  }

  @Test(arguments: StoreFactory.all)
  func `what is hastened is due now, and its destination is asked to be probed, once`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      for index in 1...3 { _ = try await store.commit(.of(run: "r\(index)", "m\(index)", at: 10)) }
      let read = try await store.due(destination: "chat", limit: 3, at: ms(10), except: [])
      let ends: [Settlement] = [
        .retry(at: ms(900), reason: "x"), .deferred(at: ms(800), reason: "x"), .dead(reason: "x"),
      ]
      for (delivery, end) in zip(read, ends) { try await store.settle(delivery, as: end, .of(delivery, at: 11)) }
      #expect(try await store.takeProbeRequests().isEmpty)
      #expect(try await store.hasten(ids: ["m3", "m2", "m1", "none"], at: ms(20)) == ["m1", "m2"])
      #expect(try await store.due(destination: "chat", limit: 9, at: ms(20), except: []).map(\.id) == ["m1", "m2"])
      #expect(try await store.takeProbeRequests() == ["chat"])
      #expect(try await store.takeProbeRequests().isEmpty)
      var filter = ReplayFilter()
      filter.ids = ["m3"]
      _ = try await store.replay(filter, at: ms(21))
      #expect(try await store.takeProbeRequests() == ["chat"])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `states are kept until the fingerprint is another one`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      let stopped = DestinationState(name: "a", fingerprint: "f", stoppedAt: ms(1), stoppedReason: "gone")
      let failing = DestinationState(name: "b", fingerprint: "g", holdUntil: ms(9), failures: 7, nextProbeAt: ms(8))
      var batch = SettlementBatch()
      batch.destinations = [failing, stopped]
      _ = try await store.settle(batch, at: ms(1))
      #expect(try await store.destinationStates() == [stopped, failing])
      #expect(try await store.destinationStates(forgettingAllBut: ["a": "f", "c": "h"]) == [stopped, failing])
      #expect(try await store.destinationStates(forgettingAllBut: ["b": "other"]) == [stopped])
      #expect(try await store.destinationStates() == [stopped])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `a burial takes what is too old, and spares what is under way`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      let own = NewDelivery(id: "own", rule: "r", destination: "chat", content: .event, retryFor: .milliseconds(900))
      _ = try await store.commit(.of(run: "a", [.of("old"), .of("elsewhere", to: "d2")], at: 10))
      _ = try await store.commit(.of(run: "b", [own], at: 10))
      _ = try await store.commit(.of(run: "a", "waits", eventAt: 2, at: 100))
      _ = try await store.commit(.of(run: "c", "young", at: 500))
      let old = try await store.due(destination: "chat", limit: 1, at: ms(10), except: [])
      func bury(_ age: Duration, sparing: Set<Int64> = [], limit: Int = 9) async throws -> Int {
        var batch = SettlementBatch()
        batch.burials = [
          BulkDeadLetter(destination: "chat", reason: "over", olderThan: age, sparing: sparing, limit: limit)
        ]
        return try await store.settle(batch, at: ms(600)).buried
      }
      #expect(try await bury(.milliseconds(590)) == 0)
      #expect(try await bury(.milliseconds(589), sparing: Set(old.map(\.sequence))) == 0)
      #expect(try await bury(.milliseconds(589)) == 1)
      let record = try await store.record("old")
      #expect((record.status, record.reason, record.settledAt, record.attempts) == (.dead, "over", ms(600), 0))
      #expect(try await store.claimIDs(limit: 1, at: 600) == ["own"])
      #expect(try await bury(.zero, limit: 1) == 1)
      #expect(try await bury(.zero) == 1)
      #expect(try await store.counts() == DeliveryCounts(pending: 1, claimed: 1, dead: 3))
    }
  }

  @Test(arguments: StoreFactory.all)
  func `what was settled long ago is forgotten, and its event is not told of again`(factory: StoreFactory) async throws
  {
    try await factory.withStore { store in
      for index in 0..<5 {
        _ = try await store.commit(.of(run: "r\(index)", "m\(index)", at: Int64(index)))
      }
      for claim in try await store.claim(destination: "chat", limit: 4, at: ms(9)) {
        try await store.settle(claim, as: .delivered, .of(claim, at: claim.id == "m3" ? 200 : 100))
      }
      #expect(try await store.prune(before: ms(100), limit: 9) == 0)
      #expect(try await store.prune(before: ms(101), limit: 2) == 2)
      #expect(try await store.prune(before: ms(101), limit: 2) == 1)
      #expect(try await store.prune(before: ms(101), limit: 2) == 0)
      #expect(try await store.deliveries(DeliveryFilter()).map(\.id) == ["m3", "m4"])
      #expect(try await store.delivery(id: "m0") == nil)
      #expect(try await store.commit(.of(run: "r0", "m0", at: 300)) == (events: 0, deliveries: 0))
      #expect(try await store.delivery(id: "m3")?.attempts.count == 1)
      #expect(try await store.delivery(id: "m4")?.event.isEmpty == false)
    }
  }
}
