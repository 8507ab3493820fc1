import Locking
import Rules
import Runs
import Storage
import Stores
import TestSupport
import Testing

@testable import Delivery

/// Messages that take the place of earlier ones, and threads: what is sent, and what is remembered.
@Suite(.timeLimit(.minutes(1))) struct SequelSenderTests {
  private static let ofFirst = DestinationType.slack.links
  private static let byKey = DestinationType(rawValue: "googlechat")?.links

  /// A chat that numbers its messages.
  private final class Chat: Sendable {
    private struct State {
      var sent: [OutgoingSequel] = []
      var gone: Set<String> = []
      var refuses = false
    }

    private let state = Locked(State())

    /// `post`, `edit 1`, `post in 1`, `edit 2 in t`.
    var log: [String] {
      state.withLock { state in
        state.sent.map { sequel in
          let verb = sequel.edits.map { "edit \(String(decoding: $0, as: UTF8.self))" } ?? "post"
          let place = sequel.first.map { " in \(String(decoding: $0, as: UTF8.self))" }
          return verb + (place ?? (sequel.thread == nil ? "" : " in a new thread"))
        }
      }
    }

    func delete(_ name: String) { state.withLock { _ = $0.gone.insert(name) } }
    func refuse(_ refuses: Bool) { state.withLock { $0.refuses = refuses } }

    func answer(_ sequel: OutgoingSequel) -> AttemptResult {
      state.withLock { state in
        state.sent.append(sequel)
        if state.refuses { return AttemptResult(outcome: .retry(.serverError, after: nil)) }
        let named = [sequel.edits, sequel.first].compactMap { $0.map { String(decoding: $0, as: UTF8.self) } }
        if named.contains(where: state.gone.contains) {
          var result = AttemptResult(outcome: .rejected(.clientError))
          result.hasVanished = true
          return result
        }
        var result = AttemptResult(outcome: .delivered)
        result.name = sequel.edits ?? Array("\(state.sent.count)".utf8)
        return result
      }
    }
  }

  private struct World {
    let chat = Chat()
    let store: any StateStore
    private(set) var sender: SequelSender
    private let directory: ScratchDirectory

    init() throws {
      directory = try ScratchDirectory()
      store = try StateStores.open(directory.path + "/state.sqlite", for: .watching)
      sender = SequelSender(store: store)
    }

    /// What a restart does.
    mutating func restart() { sender = SequelSender(store: store) }

    /// The next delivery of the outbox.
    func add(_ id: String, run: String = "r", at time: Int64, _ sequel: Sequel, action: String = "a") async throws
      -> ClaimedDelivery
    {
      var new = NewDelivery.of(id)
      (new.sequel, new.action) = (sequel, action)
      _ = try await store.commit(.of(run: run, [new], eventAt: time))
      return try await store.claimOne()
    }

    /// - Parameter isWrittenDown: false: the process is killed before.
    @discardableResult
    func send(_ delivery: ClaimedDelivery, fingerprint: String = "f", isWrittenDown: Bool = true) async throws
      -> AttemptResult
    {
      guard let links = SequelSenderTests.ofFirst else { throw DeliveryKit.KitError() }
      let result = try await sender.attempt(delivery, links, fingerprint: fingerprint) { chat.answer($0) }
      if isWrittenDown { try await settle(delivery, result) }
      return result
    }

    func settle(_ delivery: ClaimedDelivery, _ result: AttemptResult) async throws {
      let settlement: Settlement =
        result.outcome == .delivered ? .delivered : .retry(at: ms(1_000), reason: "\(result.outcome)")
      _ = try await store.settle(
        SettlementBatch([SettledAttempt(delivery, settlement, .of(delivery, at: 9), posted: result.posted)]), at: ms(9))
    }
  }

  private let updates = Sequel(updates: true)

  @Test func `the first message of a run is posted, and the later ones change it, also after a restart`() async throws {
    var world = try World()
    try await world.send(world.add("m1", at: 1, updates))
    try await world.send(world.add("m2", at: 2, updates))
    world.restart()
    try await world.send(world.add("m3", at: 3, updates))
    #expect(world.chat.log == ["post", "edit 1", "edit 1"])
  }

  @Test func `each run, action and destination has a message of its own`() async throws {
    let world = try World()
    try await world.send(world.add("m1", at: 1, updates))
    try await world.send(world.add("m2", run: "s", at: 2, updates))
    try await world.send(world.add("m3", at: 3, updates, action: "b"))
    try await world.send(world.add("m4", at: 4, updates), fingerprint: "g")
    try await world.send(world.add("m5", at: 5, .none))
    #expect(world.chat.log == ["post", "post", "post", "post", "post"])
  }

  @Test func `a message that is gone is posted anew, and that one is changed from then on`() async throws {
    let world = try World()
    try await world.send(world.add("m1", at: 1, updates))
    world.chat.delete("1")
    let result = try await world.send(world.add("m2", at: 2, updates))
    #expect(result.outcome == .delivered && result.detail.hasSuffix("is gone"), "\(result)")
    try await world.send(world.add("m3", at: 3, updates))
    #expect(world.chat.log == ["post", "edit 1", "post", "edit 3"])
  }

  @Test func `a message that is gone and can't be posted anew is looked for once more`() async throws {
    let world = try World()
    try await world.send(world.add("m1", at: 1, updates))
    world.chat.refuse(true)
    let second = try await world.add("m2", at: 2, updates)
    #expect(try await world.send(second).outcome == .retry(.serverError, after: nil))
    world.chat.refuse(false)
    try await world.send(world.store.claimOne())
    #expect(world.chat.log == ["post", "edit 1", "edit 1"])
  }

  @Test func `killed before the name is written down, it posts once more, and goes on with the second`() async throws {
    var world = try World()
    let first = try await world.add("m1", at: 1, updates)
    try await world.send(first, isWrittenDown: false)
    world.restart()
    try await world.send(first)
    try await world.send(world.add("m2", at: 2, updates))
    #expect(world.chat.log == ["post", "post", "edit 2"])
  }

  @Test func `what is known and not yet durable is used`() async throws {
    let world = try World()
    let first = try await world.add("m1", at: 1, updates)
    try await world.send(first, isWrittenDown: false)
    try await world.send(first)
    #expect(world.chat.log == ["post", "edit 1"])
  }

  @Test func `an old message that is sent once more doesn't undo a newer one`() async throws {
    var world = try World()
    try await world.send(world.add("m1", at: 1, updates))
    try await world.send(world.add("m2", at: 2, updates))
    world.restart()
    var filter = ReplayFilter()
    filter.ids = ["m1"]
    #expect(try await world.store.replay(filter, at: ms(20)) == ["m1"])
    let again = try await world.store.claimOne()
    let result = try await world.send(again)
    #expect(result.outcome == .delivered && result.detail.hasPrefix("left out"))
    // The newest may say again what it said.
    filter.ids = ["m2"]
    _ = try await world.store.replay(filter, at: ms(20))
    try await world.send(world.store.claimOne())
    #expect(world.chat.log == ["post", "edit 1", "edit 1"])
  }

  @Test func `messages of one series go one after the other`() async throws {
    let world = try World()
    try await world.send(world.add("m1", at: 1, updates))
    let third = try await world.add("m3", at: 3, updates)
    var filter = ReplayFilter()
    filter.ids = ["m1"]
    _ = try await world.store.replay(filter, at: ms(20))
    let second = try await world.store.claimOne()
    let links = try #require(Self.ofFirst)
    let (sender, chat) = (world.sender, world.chat)
    let (begun, mayEnd) = (WakeUp(), WakeUp())
    let newer = Task {
      try await sender.attempt(third, links, fingerprint: "f") { sequel in
        begun.ring()
        await mayEnd.wait()
        return chat.answer(sequel)
      }
    }
    await begun.wait()
    let older = Task { try await sender.attempt(second, links, fingerprint: "f") { chat.answer($0) } }
    while await sender.waitingTasks == 0 { await Task.yield() }
    mayEnd.ring()
    #expect(try await newer.value.outcome == .delivered)
    #expect(try await older.value.detail.hasPrefix("left out"))
    #expect(chat.log == ["post", "edit 1"])
  }

  @Test func `a task that is cancelled while it waits for its turn is interrupted`() async throws {
    let world = try World()
    let (first, second) = (
      try await world.add("m1", at: 1, updates), try await world.add("m2", run: "s", at: 2, updates)
    )
    let links = try #require(Self.ofFirst)
    let sender = world.sender
    let (begun, mayEnd) = (WakeUp(), WakeUp())
    let thread = Sequel(thread: "t")
    let (one, other) = (with(first, thread), with(second, thread))
    let holder = Task {
      try await sender.attempt(one, links, fingerprint: "f") { _ in
        begun.ring()
        await mayEnd.wait()
        return AttemptResult(outcome: .delivered)
      }
    }
    await begun.wait()
    let waiter = Task {
      try await sender.attempt(other, links, fingerprint: "f") { _ in AttemptResult(outcome: .delivered) }
    }
    while await sender.waitingTasks == 0 { await Task.yield() }
    waiter.cancel()
    #expect(try await waiter.value.outcome == .interrupted)
    mayEnd.ring()
    #expect(try await holder.value.outcome == .delivered)
  }

  private func with(_ delivery: ClaimedDelivery, _ sequel: Sequel) -> ClaimedDelivery {
    var delivery = delivery
    delivery.sequel = sequel
    return delivery
  }

  @Test func `messages with one key stand in the thread of the first`() async throws {
    var world = try World()
    try await world.send(world.add("m1", run: "a", at: 1, Sequel(thread: "t")))
    try await world.send(world.add("m2", run: "b", at: 2, Sequel(thread: "t")))
    try await world.send(world.add("m3", run: "c", at: 3, Sequel(thread: "u")))
    world.restart()
    try await world.send(world.add("m4", run: "d", at: 4, Sequel(thread: "u")))
    #expect(world.chat.log == ["post in a new thread", "post in 1", "post in a new thread", "post in 3"])
  }

  @Test func `two messages that come at once don't both begin a thread`() async throws {
    let world = try World()
    let thread = Sequel(thread: "t")
    let first = try await world.add("m1", run: "a", at: 1, thread)
    let others = [
      try await world.add("m2", run: "b", at: 2, thread), try await world.add("m3", run: "c", at: 3, thread),
    ]
    let links = try #require(Self.ofFirst)
    let (sender, chat) = (world.sender, world.chat)
    let (begun, mayEnd) = (WakeUp(), WakeUp())
    let opening = Task {
      try await sender.attempt(first, links, fingerprint: "f") { sequel in
        begun.ring()
        await mayEnd.wait()
        return chat.answer(sequel)
      }
    }
    await begun.wait()
    let following = others.map { other in
      Task { try await sender.attempt(other, links, fingerprint: "f") { chat.answer($0) } }
    }
    while await sender.waitingTasks < 2 { await Task.yield() }
    mayEnd.ring()
    #expect(try await opening.value.outcome == .delivered)
    for task in following { #expect(try await task.value.outcome == .delivered) }
    #expect(chat.log == ["post in a new thread", "post in 1", "post in 1"])
  }

  @Test func `a thread whose first message is gone is begun anew`() async throws {
    let world = try World()
    try await world.send(world.add("m1", run: "a", at: 1, Sequel(thread: "t")))
    world.chat.delete("1")
    try await world.send(world.add("m2", run: "b", at: 2, Sequel(thread: "t")))
    try await world.send(world.add("m3", run: "c", at: 3, Sequel(thread: "t")))
    #expect(world.chat.log == ["post in a new thread", "post in 1", "post in a new thread", "post in 3"])
  }

  @Test func `a message that evolves does so in its thread`() async throws {
    let world = try World()
    let sequel = Sequel(updates: true, thread: "t")
    try await world.send(world.add("m1", run: "a", at: 1, sequel))
    try await world.send(world.add("m2", run: "b", at: 2, sequel))
    try await world.send(world.add("m3", run: "b", at: 3, sequel))
    try await world.send(world.add("m4", run: "a", at: 4, sequel))
    #expect(
      world.chat.log == ["post in a new thread", "post in 1", "edit 2 in a new thread", "edit 1 in a new thread"])
  }

  @Test func `where threads have keys nothing is remembered`() async throws {
    let world = try World()
    let links = try #require(Self.byKey)
    let delivery = try await world.add("m1", at: 1, Sequel(updates: true, thread: "t"))
    let result = try await world.sender.attempt(delivery, links, fingerprint: "f") { world.chat.answer($0) }
    #expect(result.posted.isEmpty)
    #expect(world.chat.log == ["post in a new thread"])
  }
}
