import Runs
import Storage
import TestSupport
import Testing

@testable import Stores

/// What a store keeps for those who look from outside.
@Suite(.timeLimit(.minutes(6))) struct HeartbeatConformance {
  private var beat: Heartbeat {
    var beat = Heartbeat(
      process: .init(id: 7, started: 99, space: "pid:[1]", boot: "b"), mode: "forever", startedAt: ms(5), beatAt: ms(9),
      uptime: .milliseconds(4))
    (beat.endpoint, beat.organization, beat.rulesFile) = ("https://x.example", "org", "rules \"1\".json")
    (beat.sweptAt, beat.failure, beat.active, beat.total) = (ms(8), "no answer\n", 2, 3)
    (beat.patience, beat.rules) = (.seconds(300), 4)
    beat.reload = .init(at: ms(7), refusal: "it has a mistake")
    return beat
  }

  @Test(arguments: StoreFactory.all)
  func `a sign of life is kept as it was given, and the next takes its place`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      #expect(try await store.heartbeat() == nil)
      try await store.beat(beat)
      #expect(try await store.heartbeat() == beat)
      let next = Heartbeat(process: beat.process, mode: "once", startedAt: ms(1), beatAt: ms(2), uptime: .zero)
      try await store.beat(next)
      #expect(try await store.heartbeat() == next)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `what waits and what is dead is counted for each target`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      #expect(try await store.tally(since: ms(0)).isEmpty)
      _ = try await store.commit(.of(run: "r", "m1", "m2"))
      for (delivery, time) in zip(try await store.due(destination: "chat", limit: 9, at: ms(5), except: []), [20, 30]) {
        let record = AttemptRecord.of(delivery, at: Int64(time), outcome: "clientError")
        try await store.settle(delivery, as: .dead(reason: "no"), record)
      }
      _ = try await store.commit(.of(run: "r2", "m3"))
      let tally = DeliveryTally(target: "chat", waiting: 1, dead: 2, recentlyDead: 1)
      #expect(try await store.tally(since: ms(25)) == [tally])
    }
  }
}
