import Runs
import TestSupport
import Testing

@testable import Storage

/// Sending elsewhere, and the names that a state knows; for every store.
struct RedirectConformance {
  private func filter(_ ids: String..., destination: String? = nil, status: DeliveryStatus? = nil) -> ReplayFilter {
    var filter = ReplayFilter()
    (filter.ids, filter.destination, filter.status) = (ids, destination, status)
    return filter
  }

  private func body(_ id: String, made form: String?, isStandard: Bool = false) -> NewDelivery {
    var delivery = NewDelivery(id: id, rule: "rule", destination: "chat", content: .body(Array("{}".utf8)))
    (delivery.form, delivery.isStandard) = (form, isStandard)
    return delivery
  }

  @Test(arguments: StoreFactory.all)
  func `what waits or died goes elsewhere under its id, what arrived only when it is asked for`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      for (run, id) in [("a", "waits"), ("b", "arrived"), ("c", "died")] {
        _ = try await store.commit(.of(run: run, id))
      }
      for claim in try await store.claim(destination: "chat", limit: 9, at: ms(5)) {
        let end: Settlement =
          switch claim.id {
          case "waits": .retry(at: ms(900), reason: "busy")
          case "arrived": .delivered
          default: .dead(reason: "no")
          }
        try await store.settle(claim, as: end, .of(claim, at: 6))
      }
      let result = try await store.redirect(filter(destination: "chat"), to: "other", type: "webhook", at: ms(7))
      #expect(result == Redirection(moved: ["waits", "died"]))
      let read = try await store.due(destination: "other", limit: 9, at: ms(7), except: [])
      #expect(read.map(\.id) == ["waits", "died"])
      #expect(read.map(\.attempt) == [2, 2] && read.map(\.attemptsBefore) == [1, 1])
      #expect(read.map(\.retryFrom) == [ms(7), ms(7)])
      let again = try await store.redirect(filter("arrived"), to: "other", type: "webhook", at: ms(8))
      #expect(again.moved == ["arrived"])
      #expect(try await store.unsettled() == ["other": 3])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `only what was made for the type, or can be made anew, goes; who names one that can't changes nothing`(
    factory: StoreFactory
  ) async throws {
    try await factory.withStore { store in
      let hook = NewDelivery(
        id: "hook", rule: "rule", destination: .hook, content: .hook(HookCall(command: .shell("true"))))
      let all = [
        .of("event"), body("own", made: "slack"), body("ours", made: "slack", isStandard: true),
        body("same", made: "webhook"), body("early", made: nil), hook,
      ]
      _ = try await store.commit(.of(run: "r", all))
      let named = try await store.redirect(filter("event", "own"), to: "other", type: "webhook", at: ms(1))
      #expect(named == Redirection(moved: ["event"], unfit: ["own"]))
      #expect(try await store.unsettled() == ["chat": 5, .hook: 1])
      var dry = filter(status: .pending)
      dry.isDryRun = true
      let expected = Redirection(moved: ["event", "ours", "same", "early"], unfit: ["own", "hook"])
      #expect(try await store.redirect(dry, to: "other", type: "webhook", at: ms(1)) == expected)
      #expect(try await store.unsettled() == ["chat": 5, .hook: 1])
      #expect(try await store.redirect(filter(status: .pending), to: "other", type: "webhook", at: ms(1)) == expected)
      #expect(try await store.unsettled() == ["other": 4, "chat": 1, .hook: 1])
      let read = try await store.due(destination: "other", limit: 9, at: ms(2), except: [])
      #expect(read.map(\.form) == [nil, "slack", "webhook", nil])
      #expect(read.map(\.isStandard) == [false, true, false, false])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `what waited behind it needn't any more, and an end at its old place means nothing`(factory: StoreFactory)
    async throws
  {
    try await factory.withStore { store in
      _ = try await store.commit(.of(run: "r", "first"))
      _ = try await store.commit(.of(run: "r", "second", eventAt: 2))
      let read = try #require(try await store.due(destination: "chat", limit: 9, at: ms(1), except: []).first)
      _ = try await store.redirect(filter("first"), to: "other", type: "webhook", at: ms(2))
      #expect(try await store.due(destination: "chat", limit: 9, at: ms(2), except: []).map(\.id) == ["second"])
      try await store.settle(read, as: .delivered, .of(read, at: 3))
      #expect(try await store.record("first").status == .pending)
      #expect(try await store.due(destination: "other", limit: 9, at: ms(3), except: []).map(\.id) == ["first"])
    }
  }

  @Test(arguments: StoreFactory.all)
  func `the names of the last start take the place of those before, and all that are in use are known`(
    factory: StoreFactory
  ) async throws {
    try await factory.withStore { store in
      #expect(try await store.knownNames() == nil)
      try await store.note(KnownNames(destinations: ["a": "slack"], rules: ["r"]))
      let names = KnownNames(
        destinations: ["b": "webhook", "c": "slack"], rules: ["s"], paces: ["c": "1 per 1s"])
      try await store.note(names)
      #expect(try await store.knownNames() == names)
      _ = try await store.commit(.of(run: "run_1", [.of("m1", to: "old", rule: "gone")]))
      let inUse = try await store.namesInUse()
      #expect(inUse.rules == ["gone"] && inUse.destinations == ["old"])
      #expect(try await store.knows(run: "run_1"))
      #expect(try await !store.knows(run: "run_2"))
      #expect(try await store.deliveries(DeliveryFilter(destination: "old")).map(\.id) == ["m1"])
      #expect(try await store.deliveries(DeliveryFilter(destination: "b")).isEmpty)
    }
  }
}
