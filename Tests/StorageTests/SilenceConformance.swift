import Runs
import Storage
import TestSupport
import Testing

/// Silences and cooldowns in every store.
@Suite struct SilenceConformance {
  private static func silence(_ id: String, from: Int64 = 1, until: Int64) -> Silence {
    Silence(
      id: id, createdAt: ms(from), until: ms(until), reason: "why \"so\"", rules: ["b", "a"], destinations: ["ä"],
      pattern: Array(#"{"flow":["x"]}"#.utf8))
  }

  @Test(arguments: StoreFactory.all)
  func `silences are kept, end by themselves or before, and are active until then`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      let (first, second) = (Self.silence("sil_1", until: 10), Self.silence("sil_2", from: 2, until: 20))
      try await store.add(first)
      try await store.add(second)
      #expect(try await store.silences() == [first, second])
      #expect(try await store.restraints(at: ms(9)).silences == [first, second])
      #expect(try await store.restraints(at: ms(10)).silences == [second])
      #expect(try await store.endSilence(id: "sil_1", at: ms(10)) == false, "it is over")
      #expect(try await store.endSilence(id: "sil_2", at: ms(11)))
      #expect(try await store.endSilence(id: "sil_2", at: ms(12)) == false)
      #expect(try await store.endSilence(id: "sil_3", at: ms(12)) == false)
      #expect(try await store.restraints(at: ms(12)).silences.isEmpty)
      #expect(try await store.silences().map(\.endedAt) == [nil, ms(11)])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `what an event doesn't cause is committed with it, and only when the event is new`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      let event = try RunEvent.of(run: "r")
      let held = HeldBack(
        eventID: event.id, runID: "r", rule: "rule", action: "actions[0]", destination: "d", reason: "silenced",
        at: ms(7))
      var new = NewEvent(event: event, deliveries: [])
      (new.held, new.windows) = ([held], [CooldownWindow(rule: "rule", key: "k", until: ms(70), held: 1)])
      var sweep = SweepCommit(organization: "org", time: ms(7))
      sweep.events = [new]
      _ = try await store.commit(sweep)
      #expect(try await store.story(run: "r")?.held == [held])
      #expect(try await store.restraints(at: ms(8)).windows == new.windows)
      new.windows = [CooldownWindow(rule: "rule", key: "k", until: ms(90), held: 0)]
      sweep.events = [new]
      _ = try await store.commit(sweep)
      #expect(try await store.story(run: "r")?.held == [held])
      #expect(try await store.restraints(at: ms(8)).windows.map(\.until) == [ms(70)])
      #expect(try await store.heldBack(since: ms(7)) == [held])
      #expect(try await store.heldBack(since: ms(8)).isEmpty)
    }
  }

  @Test(arguments: StoreFactory.all) func `a window is moved on by the next event`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      for (index, held) in [0, 1, 0].enumerated() {
        var new = NewEvent(event: try RunEvent.of(run: "r\(index)"), deliveries: [])
        new.windows = [CooldownWindow(rule: "rule", key: "", until: ms(70), held: held)]
        var sweep = SweepCommit(organization: "org", time: ms(7))
        sweep.events = [new]
        _ = try await store.commit(sweep)
        #expect(try await store.restraints(at: ms(8)).windows == new.windows)
      }
    }
  }

  @Test(arguments: StoreFactory.all) func `a window that is over is kept only for what it has counted`(
    factory: StoreFactory
  ) async throws {
    try await factory.withStore { store in
      for (run, window) in [
        ("a", CooldownWindow(rule: "rule", key: "a", until: ms(70), held: 0)),
        ("b", CooldownWindow(rule: "rule", key: "b", until: ms(70), held: 1)),
        ("c", CooldownWindow(rule: "rule", key: "c", until: ms(71), held: 0)),
        ("d", CooldownWindow(rule: "rule", key: "d", until: ms(99), held: 0)),
      ] {
        var new = NewEvent(event: try RunEvent.of(run: run), deliveries: [])
        new.windows = [window]
        var sweep = SweepCommit(organization: "org", time: ms(run == "d" ? 70 : 7))
        sweep.events = [new]
        _ = try await store.commit(sweep)
      }
      #expect(try await store.restraints(at: ms(70)).windows.map(\.key) == ["b", "c", "d"])
    }
  }

  @Test(arguments: StoreFactory.all) func `what is long over is forgotten`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      let event = try RunEvent.of(run: "r")
      var new = NewEvent(event: event, deliveries: [])
      new.held = [
        HeldBack(eventID: event.id, runID: "r", rule: "a", action: "b", destination: "d", reason: "e", at: ms(7))
      ]
      new.windows = [
        CooldownWindow(rule: "rule", key: "", until: ms(70), held: 1),
        CooldownWindow(rule: "rule", key: "late", until: ms(700), held: 1),
      ]
      var sweep = SweepCommit(organization: "org", time: ms(7))
      sweep.events = [new]
      _ = try await store.commit(sweep)
      try await store.add(Self.silence("sil_1", until: 50))
      try await store.add(Self.silence("sil_2", until: 500))
      _ = try await store.prune(before: ms(100), limit: 10)
      #expect(try await store.heldBack(since: ms(0)).isEmpty)
      #expect(try await store.restraints(at: ms(8)).windows.map(\.key) == ["late"])
      #expect(try await store.silences().map(\.id) == ["sil_2"])
    }
  }
}
