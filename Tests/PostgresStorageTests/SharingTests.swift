import Glibc
import Locking
import Runs
import Storage
import Stores
import TestSupport
import Testing

@testable import PostgresStorage

/// Several processes with one state: what belongs to whom, and what two that write at once must not do to each other.
@Suite(.needsPostgres, .timeLimit(.minutes(6))) struct SharingTests {
  private static let chats = Set((0..<8).map { Target.destination("chat\($0)") })

  @Test func `targets are shared out evenly as processes come and go, and stay where they are otherwise`() async throws
  {
    let database = try TestDatabase()
    let first = try database.open()
    defer { first.close() }
    #expect(try await first.share(Self.chats) == TargetShare(held: Self.chats))
    let second = try database.open()
    defer { second.close() }
    #expect(try await second.share(Self.chats) == TargetShare(held: []))
    // The first gives up half of them when nothing is under way there; until then they are its own.
    var share = try await first.share(Self.chats)
    #expect(share.held == Self.chats)
    #expect(share.surplus == [.destinations: 4])
    let given = Set(Self.chats.sorted().prefix(4))
    try await first.giveUp(given)
    share = try await second.share(Self.chats)
    #expect(share.held == given)
    #expect(Set(share.idle.keys) == given)
    #expect(share.idle.values.allSatisfy { $0 >= .zero && $0 < .seconds(60) })
    for _ in 0..<3 {
      #expect(try await first.share(Self.chats) == TargetShare(held: Self.chats.subtracting(given)))
      #expect(try await second.share(Self.chats) == TargetShare(held: given))
    }
    // A third has its part of three, rounded up.
    let third = try database.open()
    #expect(try await third.share(Self.chats).held.isEmpty)
    #expect(try await first.share(Self.chats).surplus == [.destinations: 1])
    #expect(try await second.share(Self.chats).surplus == [.destinations: 1])
    // Whoever ends leaves at once what it had.
    second.close()
    _ = try await third.share(Self.chats)
    #expect(try await third.share(Self.chats).held == given)
    // One process that hooks alone are for wants no destination.
    let hooks = try database.open([.hooks])
    defer { hooks.close() }
    #expect(try await first.share(Self.chats).surplus.isEmpty)
    third.close()
    #expect(try await first.share(Self.chats).held == Self.chats)
  }

  /// While a new rules file reaches one process after the other.
  @Test func `processes with different rules leave no target to nobody`() async throws {
    let database = try TestDatabase()
    let first = try database.open()
    defer { first.close() }
    #expect(try await first.share(["a", "b"]).held == ["a", "b"])
    let uptime = Locked(Duration.zero)
    let opening = StateOpening(
      try PostgresTarget(database.uri), for: .sharing(Set(Role.allCases), worker: "", version: "2"), Patience { _ in },
      uptime: { uptime.withLock { $0 } })
    let second = try PostgresStore(opening, opening.open())
    defer { second.close() }
    #expect(try await second.share(["b", "c"]).held == ["c"])
    try await first.giveUp(["a"])
    try await first.giveUp(["b"])
    // Each has its part of two, and the third is nobody's.
    #expect(try await first.share(["a", "b"]).held == ["a"])
    #expect(try await second.share(["b", "c", "d"]).held == ["b", "c"])
    for seconds in [1, 9] {
      uptime.withLock { $0 += .seconds(seconds) }
      #expect(try await second.share(["b", "c", "d"]).held == ["b", "c"])
    }
    uptime.withLock { $0 += .seconds(1) }
    var share = try await second.share(["b", "c", "d"])
    #expect(share.held == ["b", "c", "d"])
    #expect(share.surplus.isEmpty)
    for _ in 0..<3 {
      uptime.withLock { $0 += .seconds(20) }
      share = try await second.share(["b", "c", "d"])
      #expect(share.held == ["b", "c", "d"])
      #expect(share.surplus.isEmpty)
    }
    // Once all have the same file they share evenly again.
    #expect(try await second.share(["a", "b", "c", "d"]).surplus == [.destinations: 1])
  }

  @Test func `what a silent process had is taken by others, and the process itself has lost everything`() async throws {
    let database = try TestDatabase()
    let first = try database.open()
    defer { first.close() }
    #expect(try await first.takeWatch())
    _ = try await first.commit(.of(run: "r", "m1"))
    _ = try await first.share(["chat"])
    let second = try database.open()
    defer { second.close() }
    #expect(try await !second.takeWatch())
    #expect(try await second.share(["chat"]).held.isEmpty)
    try database.removeFirst()
    #expect(try await second.takeWatch())
    #expect(second.isWatching)
    #expect(try await second.share(["chat"]).held == ["chat"])
    let error = await storageError { _ = try await first.share(["chat"]) }
    guard case .lost = error else { return #expect(Bool(false), "\(String(describing: error))") }
    #expect(!first.mayAct)
    let beat = Heartbeat(
      process: .init(id: 7, started: 99, space: "pid:[1]", boot: "b"), mode: "forever", startedAt: ms(5), beatAt: ms(9),
      uptime: .zero)
    guard case .lost = await storageError({ try await first.beat(beat) }) else {
      return #expect(Bool(false), "it beat")
    }
    #expect(try await second.heartbeat() == nil)
    let read = try #require(try await second.due(destination: "chat", limit: 1, at: ms(9), except: []).first)
    guard case .lost = await storageError({ try await first.settle(read, as: .delivered, .of(read, at: 9)) }) else {
      return #expect(Bool(false), "it wrote")
    }
    try await second.settle(read, as: .delivered, .of(read, at: 9))
  }

  @Test func `several claim hooks at once, each its own, and those of a process that is gone are free again`()
    async throws
  {
    let database = try TestDatabase()
    let stores = try (0..<3).map { _ in try database.open() }
    defer { for store in stores { store.close() } }
    let hooks = (0..<60).map {
      NewDelivery(id: "h\($0)", rule: "rule", destination: .hook, content: .hook(HookCall(command: .shell("true"))))
    }
    _ = try await stores[0].commit(.of(run: "r", hooks))
    let claimed = try await withThrowingTaskGroup(of: [String].self) { group in
      for store in stores {
        group.addTask {
          var ids: [String] = []
          while case let more = try await store.claimIDs(.hook, limit: 4, at: 5), !more.isEmpty { ids += more }
          return ids
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(claimed.flatMap { $0 }.count == 60)
    #expect(Set(claimed.flatMap { $0 }).count == 60)
    // A living process's are its own.
    #expect(try await stores[2].releaseClaims(at: ms(6)) == 0)
    #expect(try await !stores[1].share([]).isSomethingLeft)
    try database.removeFirst()
    #expect(try await stores[1].share([]).isSomethingLeft)
    _ = try await stores[1].takeWatch()
    let first = try await stores[1].deliveries(DeliveryFilter(status: .claimed)).count
    let released = try await stores[1].releaseClaims(at: ms(7))
    #expect(try await stores[1].deliveries(DeliveryFilter(status: .claimed)).count == first - released)
    #expect(try await stores[1].claimIDs(.hook, at: 8).count == released)
  }

  /// A delivery that waits behind one that another process is just settling.
  @Test func `what begins to wait while the one before it ends is let go all the same`() async throws {
    let database = try TestDatabase()
    let (watcher, other) = (try database.open(), try database.open())
    defer { for store in [watcher, other] { store.close() } }
    let runs = (0..<60).map { "r\($0)" }
    for run in runs { _ = try await watcher.commit(.of(run: run, "\(run)-1", eventAt: 1)) }
    let due = try await other.due(destination: "chat", limit: 100, at: ms(5), except: [])
    #expect(due.count == 60)
    try await withThrowingDiscardingTaskGroup { group in
      for delivery in due {
        group.addTask { try await other.settle(delivery, as: .delivered, .of(delivery, at: 6)) }
        group.addTask {
          _ = try await watcher.commit(.of(run: delivery.runID, "\(delivery.runID)-2", eventAt: 2))
        }
      }
    }
    let next = try await other.due(destination: "chat", limit: 100, at: ms(9), except: [])
    #expect(Set(next.map(\.id)) == Set(runs.map { "\($0)-2" }))
  }

  /// Of two hooks of one event each may be the last.
  @Test func `what waits behind two that end at once in two processes is let go`() async throws {
    let database = try TestDatabase()
    let (left, right) = (try database.open(), try database.open())
    defer { for store in [left, right] { store.close() } }
    let hook = {
      NewDelivery(id: $0, rule: "rule", destination: .hook, content: .hook(HookCall(command: .shell("true"))))
    }
    let runs = (0..<40).map { "r\($0)" }
    for run in runs {
      _ = try await left.commit(.of(run: run, [hook("\(run)-a"), hook("\(run)-b")], eventAt: 1))
      _ = try await left.commit(.of(run: run, [hook("\(run)-c")], eventAt: 2))
    }
    let claims = try await left.claim(destination: .hook, limit: 100, at: ms(5))
    #expect(claims.count == 80)
    try await withThrowingDiscardingTaskGroup { group in
      for claim in claims {
        let store = claim.id.hasSuffix("a") ? left : right
        group.addTask { try await store.settle(claim, as: .delivered, .of(claim, at: 6)) }
      }
    }
    #expect(Set(try await right.claimIDs(.hook, at: 9)) == Set(runs.map { "\($0)-c" }))
  }

  @Test func `who is to be alone is, and nobody comes meanwhile`() throws {
    let database = try TestDatabase()
    let shared = try database.open([.deliver])
    guard case .held = refusal(database.uri) else { return #expect(Bool(false), "two at once") }
    shared.close()
    let alone = try database.watch()
    guard case .held(_, let holder) = refusal(database.uri, for: .sharing([.deliver], worker: "", version: "")) else {
      return #expect(Bool(false), "two at once")
    }
    #expect(holder.hasPrefix("\(getpid()) on "))
    alone.close()
    try database.open().close()
  }

  /// Time stands still for them: only a bell can wake them.
  private static let still = TimeSource(
    now: TimeSource.system.now, uptime: TimeSource.system.uptime,
    sleep: { _ in try await Task.sleep(for: .seconds(3_600)) })

  /// Returns when somebody outside has rung.
  private func outside(_ store: any StateStore) async throws {
    while try await !store.news(within: .seconds(3_600), by: Self.still).contains(.outside) {}
  }

  @Test func `what one process or a command writes wakes the others at once, and nobody is woken by himself`()
    async throws
  {
    let database = try TestDatabase()
    let (left, right) = (try database.open(), try database.open())
    defer { for store in [left, right] { store.close() } }
    // Both listen since now, or a moment ago.
    for store in [left, right] { try await outside(store) }
    try database.psql(
      """
      DO $$ BEGIN FOR turn IN 1..1000 LOOP
        PERFORM pg_sleep(0.01);
        EXIT WHEN (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN vi_notify') = 2;
      END LOOP; END $$
      """)
    for store in [left, right] { _ = try await store.news(within: .zero, by: .system) }
    async let heard: Void = outside(right)
    _ = try await left.commit(.of(run: "r", "m"))
    try await heard
    async let both: Void = withThrowingDiscardingTaskGroup { group in
      for store in [left, right] { group.addTask { try await self.outside(store) } }
    }
    let command = try StateStores.open(database.uri, for: .leavingWord)
    _ = try await command.hasten(ids: ["m"], by: Agent(.command, name: "test"), at: ms(5))
    command.close()
    try await both
  }

  @Test func `the state's moments are by the database's clock`() throws {
    let database = try TestDatabase()
    let store = try database.open()
    defer { store.close() }
    let wrong = TimeSource(
      now: { ms(0) }, uptime: TimeSource.system.uptime, sleep: TimeSource.system.sleep)
    let apart = store.clock(wrong).now() - TimeSource.system.now()
    #expect(apart < .seconds(5) && apart > .seconds(-5))
  }

  @Test func `who shares is listed, who watches first, with what each alone may send to`() async throws {
    let database = try TestDatabase()
    let first = try database.open([.deliver])
    defer { first.close() }
    let second = try database.open()
    defer { second.close() }
    _ = try await second.takeWatch()
    _ = try await first.share(["chat", "a/b"])
    let members = try await first.members()
    #expect(members.map(\.watches) == [true, false])
    #expect(members.map(\.targets) == [[], ["a/b"]])
    #expect(members.map(\.roles) == [Set(Role.allCases), [.deliver]])
    #expect(members.map(\.version) == ["1.2", "1.2"])
    #expect(members.allSatisfy { $0.processID == getpid() && $0.silentSince == nil && !$0.host.isEmpty })
    // It gives the next sign by itself: what is asked for is the moment before.
    repeat {
      try database.psql(
        "UPDATE vi_notify.members SET expires_at = clock_timestamp() - interval '1 min' WHERE roles = '{deliver}'")
    } while try await second.members().map { $0.silentSince == nil } != [true, false]
  }
}
