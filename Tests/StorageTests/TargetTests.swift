import Storage
import TestSupport
import Testing

/// What is done on this machine, told from destinations.
struct TargetTests {
  @Test(arguments: [
    ("hook", Lane.hook), ("hook/r/a", Lane(.hook, owner: "r/a")), ("download", .download),
    ("download/r/a.then[0]", Lane(.download, owner: "r/a.then[0]")), ("lost-step", Lane(.lost)),
  ])
  func `a lane is known by its name`(name: String, lane: Lane) {
    #expect(Lane(name: name) == lane)
    #expect(Target.lane(lane).name == name)
    #expect("\(Target.lane(lane))" == name)
    #expect(Target.lane(lane).destination == nil)
  }

  @Test(arguments: ["chat", "hooks", "Hook", "", "download-2", "lost-step/a", "lost"])
  func `no other name is a lane's`(name: String) {
    #expect(Lane(name: name) == nil)
    #expect(Target.destination(name).destination == name)
  }

  @Test(arguments: StoreFactory.all)
  func `lanes are kept apart from destinations and from each other`(factory: StoreFactory) async throws {
    try await factory.withStore { store in
      let hook = DeliveryContent.hook(HookCall(command: .shell("true")))
      let lane = Target.lane(Lane(.hook, owner: "rule/a"))
      _ = try await store.commit(
        .of(
          run: "r",
          [
            NewDelivery(id: "m1", rule: "rule", destination: .hook, content: hook),
            NewDelivery(id: "m2", rule: "rule", destination: lane, content: hook), .of("m3", to: "chat"),
          ]))
      #expect(try await Set(store.dueTargets(at: ms(9)).targets) == [.hook, lane, "chat"])
      #expect(try await store.claimIDs(.hook) == ["m1"])
      let claim = try await store.claimOne(lane)
      #expect((claim.id, claim.destination) == ("m2", lane))
      try await store.settle(claim, as: .retry(at: ms(5_000), reason: "x"), .of(claim, at: 9))
      #expect(try await store.destinationsBackingOff(at: ms(9)) == [lane])
      #expect(try await store.hasten(ids: ["m2", "m3"], at: ms(9)) == ["m2", "m3"])
      #expect(try await store.takeProbeRequests() == [lane, "chat"])
      #expect(try await store.unsettled() == [.hook: 1, lane: 1, "chat": 1])
      #expect(try await store.namesInUse().destinations == ["chat"])
      #expect(try await store.deliveries(DeliveryFilter(destination: "hook/rule/a")).map(\.id) == ["m2"])
    }
  }
}
