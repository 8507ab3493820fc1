import Runs
import TestSupport
import Testing

@testable import Storage

/// What every store does with sweeps.
struct LedgerConformance {
  private func entry(_ phase: Phase, _ since: Int64, isBaseline: Bool = false) -> Ledger.Entry {
    Ledger.Entry(phase: phase, since: ms(since), isBaseline: isBaseline)
  }

  @Test(arguments: StoreFactory.all)
  func `a new store knows nothing`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      let ledger = try await store.ledger(organization: "org")
      #expect(ledger.runs.isEmpty)
      #expect(!ledger.hasBaseline)
      #expect(try await store.counts() == DeliveryCounts())
      #expect(try await store.deliveries(DeliveryFilter()).isEmpty)
      #expect(try await store.dueTargets(at: ms(0)).next == nil)
      #expect(try await store.delivery(id: "none") == nil)
      #expect(try await store.releaseClaims(at: ms(0)) == 0)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `the ledger holds the last entry of every run, each organization's by itself`(factory: StoreFactory) async throws
  {
    try await factory.withStore { store in
      var sweep = SweepCommit(organization: "org", time: ms(1))
      for phase in Phase.allCases { sweep.changed[phase.rawValue] = entry(phase, 5, isBaseline: true) }
      _ = try await store.commit(sweep)
      var next = SweepCommit(organization: "org", time: ms(2))
      next.changed = ["failed": entry(.running, 9)]
      _ = try await store.commit(next)
      let ledger = try await store.ledger(organization: "org")
      #expect(ledger.runs.count == Phase.allCases.count)
      #expect(ledger.runs["failed"] == entry(.running, 9))
      #expect(ledger.runs["error"] == entry(.error, 5, isBaseline: true))
      #expect(try await store.ledger(organization: "other").runs.isEmpty)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `the baseline is set by the sweep that says so, once and for its organization`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      var sweep = SweepCommit(organization: "org", time: ms(1))
      sweep.setsBaseline = true
      _ = try await store.commit(sweep)
      _ = try await store.commit(sweep)
      _ = try await store.commit(SweepCommit(organization: "org", time: ms(2)))
      #expect(try await store.ledger(organization: "org").hasBaseline)
      #expect(try await !store.ledger(organization: "other").hasBaseline)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `a run that is gone, and a source out of sight, are remembered until they are back`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      var sweep = SweepCommit(organization: "org", time: ms(9))
      sweep.changed = ["r": Ledger.Entry(phase: .running, since: ms(5), isBaseline: false, isGone: true)]
      sweep.source = .unreachable(since: ms(7))
      _ = try await store.commit(sweep)
      var ledger = try await store.ledger(organization: "org")
      #expect(ledger.runs["r"]?.isGone == true)
      #expect(ledger.unreachableSince == ms(7))
      #expect(try await store.ledger(organization: "other").unreachableSince == nil)
      sweep.changed = ["r": entry(.running, 5)]
      sweep.source = .recovered
      _ = try await store.commit(sweep)
      ledger = try await store.ledger(organization: "org")
      #expect(ledger.runs["r"] == entry(.running, 5))
      #expect(ledger.unreachableSince == nil)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `the last event of a run is the one that happened last`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", "m2", eventAt: 20, at: 1))
      _ = try await store.commit(.of(run: "r", "m1", eventAt: 10, at: 2))
      let body = try await #require(store.lastEvent(run: "r"))
      #expect(String(decoding: body, as: UTF8.self).contains("1970-01-01T00:00:00.020Z"))
      #expect(try await store.lastEvent(run: "other") == nil)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `the story of a run has its events, deliveries, attempts and replays`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      var sweep = try SweepCommit.of(run: "r", "m1", "m2", at: 1)
      sweep.rules = "digest"
      _ = try await store.commit(sweep)
      _ = try await store.commit(.of(run: "other", "m3", at: 1))
      try await store.remember(RuleFileCopy(digest: "digest", bytes: [1]), at: ms(1))
      try await store.remember(RuleFileCopy(digest: "digest", bytes: [2]), at: ms(2))
      let claim = try #require(try await store.claim(destination: "chat", limit: 1, at: ms(2)).first)
      try await store.settle(claim, as: .dead(reason: "no"), .of(claim, at: 3))
      var filter = ReplayFilter()
      filter.rule = "none"
      #expect(try await store.replay(filter, at: ms(4)).isEmpty)
      filter.rule = nil
      filter.isDryRun = true
      #expect(try await store.replay(filter, at: ms(4)) == ["m1"])
      filter.isDryRun = false
      #expect(try await store.replay(filter, at: ms(4)) == ["m1"])
      #expect(try await store.replay(filter, at: ms(5)).isEmpty)
      let story = try await #require(store.story(run: "r"))
      #expect(story.events.map(\.rules) == ["digest"])
      #expect(story.events.map(\.eventKind) == [.entered(.failed)])
      #expect(story.deliveries.map(\.record.id) == ["m1", "m2"])
      #expect(story.deliveries.map(\.replays) == [[ms(4)], []])
      #expect(story.deliveries.map(\.attempts.count) == [1, 0])
      #expect(story.deliveries[0].record.status == .pending)
      #expect(try await store.ruleFile(digest: "digest") == [1])
      #expect(try await store.story(run: "none") == nil)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `events of one key are collected until their digest is closed, and then anew`(factory: StoreFactory) async throws
  {
    try await factory.withStore { store in
      func collect(_ run: String, key: String = "k", at now: Int64) async throws {
        var sweep = SweepCommit(organization: "org", time: ms(now))
        let entry = DigestEntry(
          rule: "r", action: "a", key: key, destination: "chat", window: .milliseconds(100),
          plan: Array("plan \(now)".utf8))
        sweep.events = [NewEvent(event: try .of(run: run, at: now), deliveries: [], digests: [entry])]
        _ = try await store.commit(sweep)
      }
      #expect(try await store.nextDigest() == nil)
      for (run, now) in [("a", 10), ("b", 20), ("c", 30)] { try await collect(run, at: Int64(now)) }
      try await collect("d", key: "other", at: 40)
      #expect(try await store.nextDigest() == ms(110))
      #expect(try await store.dueDigests(at: ms(109), most: 9).isEmpty)
      let digest = try #require(try await store.dueDigests(at: ms(110), most: 2).first)
      #expect((digest.count, digest.events.count, digest.destination) == (3, 2, "chat"))
      // Of the one that opened it.
      #expect(digest.plan == Array("plan 10".utf8))
      try await collect("e", at: 111)
      // One more has come meanwhile.
      #expect(try await !store.close(digest, as: .of("m1"), dead: nil, at: ms(112)))
      let whole = try #require(try await store.dueDigests(at: ms(112), most: 9).first)
      #expect(try await store.close(whole, as: .of("m1"), dead: nil, at: ms(112)))
      #expect(try await !store.close(whole, as: .of("m1"), dead: nil, at: ms(112)))
      try await collect("f", at: 120)
      #expect(try await store.nextDigest() == ms(140))
      #expect(try await store.deliveries(DeliveryFilter()).map(\.runID) == [""])
      var replay = ReplayFilter()
      (replay.runID, replay.isDryRun) = ("b", true)
      let claim = try #require(try await store.claim(destination: "chat", limit: 1, at: ms(112)).first)
      try await store.settle(claim, as: .delivered, .of(claim, at: 113))
      for (run, ids) in [("a", ["m1"]), ("b", ["m1"]), ("f", [])] {
        #expect(try await store.deliveries(DeliveryFilter(runID: run)).map(\.id) == ids)
        #expect(try await store.story(run: run)?.deliveries.map(\.record.id) == ids)
      }
      #expect(try await store.replay(replay, at: ms(113)) == ["m1"])
      let last = try #require(try await store.dueDigests(at: ms(999), most: 9).last)
      #expect(try await store.close(last, as: .of("m2"), dead: "gone", at: ms(999)))
      #expect(try await store.record("m2").status == .dead)
    }
  }

  @Test(arguments: StoreFactory.all)
  func `a digest that is hastened is due now, if it is still open`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      for key in ["one", "other"] {
        var sweep = SweepCommit(organization: "org", time: ms(10))
        let entry = DigestEntry(
          rule: "r", action: key, key: key, destination: "chat", window: .milliseconds(100), plan: nil)
        sweep.events = [NewEvent(event: try .of(run: key, at: 10), deliveries: [], digests: [entry])]
        _ = try await store.commit(sweep)
      }
      let ids = try await store.collectingDigests(run: nil).map(\.id).sorted()
      #expect(ids.count == 2)
      #expect(try await store.hasten(ids: [ids[1], "none"], at: ms(50)) == [ids[1]])
      #expect(try await store.nextDigest() == ms(50))
      let due = try await store.dueDigests(at: ms(50), most: 9)
      #expect(due.map(\.id) == [ids[1]])
      #expect(try await store.close(due[0], as: .of("m1"), dead: nil, at: ms(51)))
      #expect(try await store.hasten(ids: ids, at: ms(60)) == [ids[0]])
      // What is due already doesn't become due later.
      #expect(try await store.hasten(ids: [ids[0]], at: ms(70)) == [ids[0]])
      #expect(try await store.nextDigest() == ms(60))
    }
  }

  @Test(arguments: StoreFactory.all)
  func `a delivery that quiet hours hold back is due at their end, and its time for retries begins then`(
    factory: StoreFactory
  ) async throws {
    try await factory.withStore { store in
      var delivery = NewDelivery.of("m1")
      (delivery.defers, delivery.notBefore) = (true, ms(500))
      _ = try await store.commit(.of(run: "a", [delivery], at: 1))
      #expect(try await store.claimIDs(at: 499).isEmpty)
      let claim = try #require(try await store.claim(destination: "chat", limit: 1, at: ms(500)).first)
      #expect((claim.defers, claim.retryFrom, claim.createdAt) == (true, ms(500), ms(1)))
    }
  }

  @Test(arguments: StoreFactory.all)
  func `an event is taken once, and what is known of it stays as it is`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      let first = try await store.commit(.of(run: "r", "m1", "m2"))
      #expect(first == (events: 1, deliveries: 2))
      let again = try await store.commit(.of(run: "r", "m1", "m2", "m3", at: 99))
      #expect(again == (events: 0, deliveries: 0))
      let other = try await store.commit(.of(run: "r", "m1", "m4", eventAt: 2, at: 5))
      #expect(other == (events: 1, deliveries: 1))
      #expect(try await store.deliveries(DeliveryFilter()).map(\.id) == ["m1", "m2", "m4"])
      #expect(try await store.record("m1").createdAt == ms(0))
    }
  }

  @Test(arguments: StoreFactory.all)
  func `deliveries keep what they carry, byte for byte`(factory: StoreFactory) async throws {
    let env = [HookCall.Variable(name: "T", reference: "${env:T}"), .init(name: "A", reference: "")]
    let contents: [DeliveryContent] = [
      .event, .body(Array(#"{"text": "é\u0000 😀"}"#.utf8)), .hook(HookCall(command: .shell("echo \"$X\"\n"))),
      .hook(HookCall(command: .run(["./x", "", "a\nb\0", "😀"]), environment: env, workingDirectory: "/srv/ä")),
      .include(IncludeCall([.logs])), .include(IncludeCall(Set(IncludeCall.Part.allCases))),
    ]
    try await factory.withStore { store in
      let event = try RunEvent.of(run: "r")
      var sweep = SweepCommit(organization: "org", time: ms(7))
      sweep.events = [
        NewEvent(
          event: event,
          deliveries: contents.enumerated().map { index, content in
            let target: Target =
              switch content {
              case .hook: .hook
              case .include: .lane(.include)
              case .event, .body, .download: "d"
              }
            return NewDelivery(
              id: "m\(index)", rule: "näme 'x'; --", destination: target, content: content,
              timeout: .milliseconds(1_500),
              retryFor: index == 0 ? nil : .seconds(9))
          })
      ]
      _ = try await store.commit(sweep)
      let claims =
        try await store.claim(destination: "d", limit: 9, at: ms(7))
        + store.claim(destination: .hook, limit: 9, at: ms(7))
        + store.claim(destination: .lane(.include), limit: 9, at: ms(7))
      #expect(claims.map(\.content) == contents)
      #expect(claims.map(\.retryFor) == [nil] + Array(repeating: .seconds(9), count: 5))
      for claim in claims {
        let hasBody = if case .body = claim.content { true } else { false }
        #expect(claim.event == (hasBody ? [] : event.body))
        #expect((claim.eventID, claim.runID, claim.rule) == (event.id, "r", "näme 'x'; --"))
        #expect((claim.attempt, claim.createdAt, claim.timeout) == (1, ms(7), .milliseconds(1_500)))
        #expect(try await store.delivery(id: claim.id)?.content == claim.content)
        #expect(try await store.delivery(id: claim.id)?.event == event.body)
      }
    }
  }

  @Test(arguments: StoreFactory.all)
  func `deliveries are listed by status, run and rule, the newest last`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "a", [.of("m1", rule: "x"), .of("m2", to: "d2", rule: "y")]))
      _ = try await store.commit(.of(run: "b", [.of("m3", rule: "x"), .of("m4", to: "d4")]))
      try await store.settle(store.claimOne("d2"), as: .dead(reason: "gone"), .of(store.claimOne("d4"), at: 5))
      let listed = [
        DeliveryFilter(), DeliveryFilter(status: .pending), DeliveryFilter(status: .claimed),
        DeliveryFilter(status: .dead), DeliveryFilter(status: .delivered), DeliveryFilter(runID: "b"),
        DeliveryFilter(rule: "x"), DeliveryFilter(status: .pending, runID: "a", rule: "x"),
        DeliveryFilter(rule: "none"),
      ]
      var ids: [[String]] = []
      for filter in listed { ids.append(try await store.deliveries(filter).map(\.id)) }
      #expect(
        ids == [
          ["m1", "m2", "m3", "m4"], ["m1", "m3", "m4"], ["m4"], ["m2"], [], ["m3", "m4"], ["m1", "m3"], ["m1"], [],
        ])
      #expect(try await store.counts() == DeliveryCounts(pending: 2, claimed: 1, delivered: 0, dead: 1))
    }
  }
}
