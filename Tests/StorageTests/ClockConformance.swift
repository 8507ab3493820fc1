import Runs
import TestSupport
import Testing

@testable import Storage

/// What every store does when the clock by which its moments were written has been set.
struct ClockConformance {
  private func reading(_ wall: Int64) -> ClockReading {
    ClockReading(boot: "b", uptime: .milliseconds(wall), wall: ms(wall))
  }

  @Test(arguments: StoreFactory.all, [-800, 800])
  func `all that waits is moved with the clock, and stays as far off and as old as it was`(
    factory: StoreFactory, step: Int64
  ) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "a", "m1", at: 1_000))
      _ = try await store.commit(.of(run: "b", "m2", at: 1_000))
      let read = try await store.due(destination: "chat", limit: 1, at: ms(1_000), except: [])
      var batch = SettlementBatch([SettledAttempt(read[0], .retry(at: ms(1_500), reason: "x"), .of(read[0], at: 1_100))]
      )
      batch.destinations = [
        DestinationState(name: "chat", fingerprint: "f", holdUntil: ms(1_400), failures: 2, nextProbeAt: ms(1_300))
      ]
      _ = try await store.settle(batch, at: ms(1_100))
      let now = 1_200 + step
      try await store.reanchor(ClockChange(step: .milliseconds(step)), to: reading(now))
      #expect(try await store.record("m1").nextAttemptAt == ms(1_500 + step))
      #expect(try await store.record("m2").nextAttemptAt == ms(1_000 + step))
      let state = try #require(try await store.destinationStates().first)
      #expect((state.holdUntil, state.nextProbeAt) == (ms(1_400 + step), ms(1_300 + step)))
      #expect(try await store.savedClock() == reading(now))
      // 200 ms old, whatever the clock says.
      batch = SettlementBatch()
      batch.burials = [BulkDeadLetter(destination: "chat", reason: "old", olderThan: .milliseconds(200))]
      #expect(try await store.settle(batch, at: ms(now)).buried == 0)
      #expect(try await store.settle(batch, at: ms(now + 1)).buried == 2)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `what counts as age can be left out alone`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "a", "m1", at: 1_000))
      var change = ClockChange()
      change.ages = .milliseconds(500)
      try await store.reanchor(change, to: reading(1_500))
      #expect(try await store.record("m1").nextAttemptAt == ms(1_000))
      #expect(
        try await store.due(destination: "chat", limit: 1, at: ms(1_500), except: []).map(\.retryFrom) == [ms(1_500)])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `what waits for nothing is due, also when it was written by a clock that was ahead`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "a", "m1", at: 9_000))
      let due = try await store.due(destination: "chat", limit: 9, at: ms(9_000), except: [])
      _ = try await store.commit(.of(run: "b", "m2", at: 9_000))
      try await store.settle(due[0], as: .retry(at: ms(9_500), reason: "x"), .of(due[0], at: 9_000))
      try await store.hurry(at: ms(1_000))
      #expect(try await store.record("m2").nextAttemptAt == ms(1_000))
      #expect(try await store.record("m1").nextAttemptAt == ms(9_500))
    }
  }

  @Test(arguments: StoreFactory.all)
  func `quiet hours hold until they end by the clock as it is, and not at all when it isn't night`(
    factory: StoreFactory
  ) async throws {
    try await factory.withStore { store in
      var quiet = NewDelivery.of("m1")
      (quiet.defers, quiet.notBefore) = (true, ms(5_000))
      _ = try await store.commit(.of(run: "a", [quiet], at: 1_000))
      try await store.requiet(["chat": ms(7_000), "other": nil], at: ms(1_000))
      #expect(try await store.record("m1").nextAttemptAt == ms(7_000))
      try await store.requiet(["chat": nil], at: ms(2_000))
      let due = try await store.due(destination: "chat", limit: 9, at: ms(2_000), except: [])
      #expect(due.map(\.retryFrom) == [ms(2_000)])
    }
  }

  @Test(arguments: StoreFactory.durable)
  func `the clock is written with other things, and not oftener than every ten seconds`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      #expect(try await store.savedClock() == nil)
      let time = ManualTime()
      let clock = StateClock(time.source, boot: "b")
      #expect(try await store.adopt(clock) == .none)
      let first = clock.reading
      #expect(try await store.savedClock() == first)
      _ = try await store.commit(.of(run: "r1", "m1"))
      time.advance(by: .milliseconds(9_999))
      _ = try await store.commit(.of(run: "r2", "m2"))
      #expect(try await store.savedClock() == first)
      time.advance(by: .milliseconds(1))
      _ = try await store.commit(.of(run: "r3", "m3"))
      #expect(try await store.savedClock() == clock.reading)
    }
  }

  @Test(arguments: StoreFactory.durable)
  func `the next process finds out what happened to the clock meanwhile`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      let time = ManualTime()
      _ = try await store.adopt(StateClock(time.source, boot: "b"))
      time.advance(by: .seconds(100))
      time.stepWall(by: .seconds(-3600))
      #expect(try await store.adopt(StateClock(time.source, boot: "b")) == ClockChange(step: .seconds(-3600)))
      #expect(try await store.adopt(StateClock(time.source, boot: "b")) == .none)
      time.reboot(off: .seconds(60), error: .seconds(86_400))
      let change = try await store.adopt(StateClock(time.source, boot: "c"))
      #expect((change.moments, change.ages) == (.zero, .seconds(86_460)))
    }
  }
}
