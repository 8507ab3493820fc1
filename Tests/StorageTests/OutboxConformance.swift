import Runs
import TestSupport
import Testing

@testable import Storage

/// What every store does with deliveries on their way.
struct OutboxConformance {
  @Test(arguments: StoreFactory.all)
  func `what is due is claimed oldest first, up to the limit, and counted`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      for index in 1...4 { _ = try await store.commit(.of(run: "r\(index)", "m\(index)", at: 10)) }
      #expect(try await store.claimIDs(at: 9) == [])
      #expect(try await store.claimIDs("other", at: 10) == [])
      #expect(try await store.claimIDs(limit: 0, at: 10) == [])
      #expect(try await store.claimIDs(limit: 3, at: 10) == ["m1", "m2", "m3"])
      #expect(try await store.claimIDs(at: 10) == ["m4"])
      #expect(try await store.claimIDs(at: 10) == [])
      let record = try await store.record("m1")
      #expect((record.status, record.attempts, record.nextAttemptAt) == (.claimed, 1, nil))
    }
  }

  @Test(arguments: StoreFactory.all)
  func `destinations are due when something of theirs is, and the next is the earliest`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "a", [.of("m1", to: "d1"), .of("m2", to: "d2")], at: 10))
      _ = try await store.commit(.of(run: "b", [.of("m3", to: "d1")], at: 20))
      #expect(try await store.dueTargets(at: ms(9)).targets == [])
      #expect(try await store.dueTargets(at: ms(10)).targets.sorted() == ["d1", "d2"])
      #expect(try await store.dueTargets(at: ms(9)).next == ms(10))
      let claim = try await store.claimOne("d1", at: 10)
      try await store.settle(store.claimOne("d2", at: 10), as: .delivered, .of(claim, at: 11))
      #expect(try await store.dueTargets(at: ms(10)).next == ms(20))
      #expect(try await store.dueTargets(at: ms(19)).targets == [])
      try await store.settle(claim, as: .retry(at: ms(15), reason: "timeout"), .of(claim, at: 11))
      #expect(try await store.dueTargets(at: ms(10)).next == ms(15))
      #expect(try await store.dueTargets(at: ms(15)).targets == ["d1"])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `deliveries of one run to one destination keep their order`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", [.of("first"), .of("twin"), .of("elsewhere", to: "d2")]))
      _ = try await store.commit(.of(run: "r", [.of("second"), .of("free", to: "d3")], eventAt: 2))
      _ = try await store.commit(.of(run: "r", "third", eventAt: 3))
      _ = try await store.commit(.of(run: "other", "beside"))
      let claims = try await store.claim(destination: "chat", limit: 9, at: ms(10))
      #expect(claims.map(\.id) == ["first", "twin", "beside"])
      #expect(try await store.claimIDs("d3") == ["free"])
      try await store.settle(claims[0], as: .delivered, .of(claims[0], at: 11))
      #expect(try await store.claimIDs() == [])
      try await store.settle(claims[1], as: .retry(at: ms(50), reason: "x"), .of(claims[1], at: 11))
      #expect(try await store.claimIDs(at: 49) == [])
      let twin = try await store.claimOne(at: 50)
      #expect(twin.id == "twin")
      try await store.settle(twin, as: .dead(reason: "x"), .of(twin, at: 51))
      #expect(try await store.claimIDs() == ["second"])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `each way to settle leaves its own record`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      for id in ["m1", "m2", "m3", "m4"] { _ = try await store.commit(.of(run: id, id)) }
      let claims = try await store.claim(destination: "chat", limit: 4, at: ms(10))
      let ends: [Settlement] = [.delivered, .dead(reason: "gone"), .retry(at: ms(90), reason: "timeout"), .interrupted]
      for (claim, end) in zip(claims, ends) { try await store.settle(claim, as: end, .of(claim, at: 20)) }
      let records = try await store.deliveries(DeliveryFilter())
      #expect(records.map(\.status) == [.delivered, .dead, .pending, .pending])
      #expect(records.map(\.reason) == [nil, "gone", "timeout", nil])
      #expect(records.map(\.nextAttemptAt) == [nil, nil, ms(90), ms(20)])
      #expect(records.map(\.settledAt) == [ms(20), ms(20), nil, nil])
      #expect(records.map(\.attempts) == [1, 1, 1, 0])
      let logs = try await [
        store.delivery(id: "m1"), store.delivery(id: "m2"), store.delivery(id: "m3"), store.delivery(id: "m4"),
      ]
      #expect(logs.map { $0?.attempts.count } == [1, 1, 1, 0])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `an interrupted attempt is not counted, and the reason of the one before stays`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", "m"))
      let first = try await store.claimOne(at: 1)
      try await store.settle(first, as: .retry(at: ms(5), reason: "timeout"), .of(first, at: 2, outcome: "timeout"))
      for time in Int64(5)...7 {
        let claim = try await store.claimOne(at: time)
        #expect(claim.attempt == 2)
        try await store.settle(claim, as: .interrupted, .of(claim, at: time, outcome: "interrupted"))
      }
      let record = try await store.record("m")
      #expect((record.attempts, record.status, record.nextAttemptAt) == (1, .pending, ms(7)))
      #expect(record.reason == "timeout")
      #expect(try await store.delivery(id: "m")?.attempts.map(\.outcome) == ["timeout"])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `settling is a compare-and-set: the second of two changes nothing`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", "m"))
      let claim = try await store.claimOne(at: 1)
      try await store.settle(claim, as: .retry(at: ms(5), reason: "timeout"), .of(claim, at: 2))
      let before = try await store.record("m")
      for end in [Settlement.delivered, .dead(reason: "x"), .interrupted, .retry(at: ms(1), reason: "y")] {
        #expect(await storageError { try await store.settle(claim, as: end, .of(claim, at: 3)) } == .notClaimed("m"))
      }
      #expect(try await store.record("m") == before)
      let next = try await store.claimOne(at: 5)
      #expect(
        await storageError { try await store.settle(claim, as: .delivered, .of(claim, at: 6)) } == .notClaimed("m"))
      try await store.settle(next, as: .delivered, .of(next, at: 7))
      #expect(try await store.delivery(id: "m")?.attempts.map(\.number) == [1, 2])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `claims left by a kill are released, counted and in the log`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      for id in ["m1", "m2", "m3"] { _ = try await store.commit(.of(run: id, id)) }
      let claims = try await store.claim(destination: "chat", limit: 2, at: ms(10))
      #expect(try await store.releaseClaims(at: ms(30)) == 2)
      #expect(try await store.releaseClaims(at: ms(31)) == 0)
      #expect(
        await storageError { try await store.settle(claims[0], as: .delivered, .of(claims[0], at: 40)) }
          == .notClaimed("m1"))
      let detail = try #require(try await store.delivery(id: "m1"))
      #expect((detail.record.status, detail.record.attempts, detail.record.nextAttemptAt) == (.pending, 1, ms(30)))
      #expect(detail.attempts.map(\.outcome) == ["interrupted"])
      #expect(detail.attempts.map(\.startedAt) == [ms(10)])
      #expect(detail.attempts.map(\.finishedAt) == [ms(30)])
      #expect(try await store.claim(destination: "chat", limit: 9, at: ms(30)).map(\.attempt) == [1, 2, 2])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `the log of attempts keeps what it was given`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", "m"))
      let claim = try await store.claimOne(at: 1)
      let attempt = AttemptRecord(
        number: 1, startedAt: ms(1), finishedAt: ms(4), outcome: "status", code: 503, detail: "503 ü",
        output: "a\0b\n😀")
      try await store.settle(claim, as: .delivered, attempt)
      #expect(try await store.delivery(id: "m")?.attempts == [attempt])
      #expect(attempt.output == "a\u{FFFD}b\n😀")
    }
  }

  @Test(arguments: StoreFactory.all)
  func `sixteen claimants at once get disjoint deliveries, all of them`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      var sweep = SweepCommit(organization: "org", time: ms(0))
      sweep.events = try (0..<120).map { NewEvent(event: try .of(run: "r\($0)"), deliveries: [.of("m\($0)")]) }
      _ = try await store.commit(sweep)
      let claimed = try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<16 {
          group.addTask {
            var mine: [String] = []
            while case let ids = try await store.claimIDs(limit: 3), !ids.isEmpty { mine += ids }
            return mine
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(claimed.count == 120)
      #expect(Set(claimed).count == 120)
      #expect(try await store.counts().claimed == 120)
    }
  }
}
