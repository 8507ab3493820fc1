import Runs
import TestSupport
import Testing

@testable import Storage

/// Random lives of a store, step by step against the model: nothing that can be seen from outside may differ.
struct ModelTests {
  @Test(arguments: StoreFactory.durable + StoreFactory.pooled, Effort.seeds(2, thorough: 12))
  func `any sequence of commits, claims and settlements looks as in the model`(
    factory: StoreFactory, seed: UInt64
  ) async throws {
    try await factory.withStore { store in
      var life = Life(store: store, model: ModelStore(), random: SeededGenerator(seed: seed))
      for step in 0..<60 {
        let action = try await life.step()
        try await life.compare("seed \(seed), step \(step): \(action)")
      }
      try await life.compareDetails("seed \(seed)")
      #expect(life.settled > 0, "seed \(seed)")
    }
  }
}

struct Life {
  /// Another one that has taken over all of it goes on where this one ends.
  var store: any StateStore
  let model: ModelStore
  var random: SeededGenerator
  var now: Int64 = 1_000
  /// Claims that were handed out, also settled and released ones: those must be refused.
  var claims: [ClaimedDelivery] = []
  var settled = 0

  private static let runs = ["r1", "r2", "r3"]
  private static let destinations: [Target] = ["d1", "d2", .hook]

  private mutating func pick<Element>(_ list: [Element]) -> Element {
    list[Int.random(in: list.indices, using: &random)]
  }

  mutating func step() async throws -> String {
    now += Int64.random(in: 0...20, using: &random)
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<30: return try await commit()
    case 30..<60: return try await claim()
    case 60..<92 where !claims.isEmpty: return try await settle()
    case 92..<94: return try await release()
    case 94..<96: return try await bury()
    case 96..<97: return try await prune()
    case 97..<98: return try await hasten()
    case 98..<100: return try await setClock()
    default: return "nothing"
    }
  }

  private mutating func commit() async throws -> String {
    var sweep = SweepCommit(organization: "org", time: ms(now))
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let run = pick(Self.runs)
      let phase = pick([Phase.running, .failed])
      let event = try RunEvent.of(
        run: run, phase == .running ? "Running" : "Failed", at: .random(in: 0..<6, using: &random))
      let deliveries = (0..<Int.random(in: 0...2, using: &random)).map { index in
        delivery("\(event.id)-\(index)")
      }
      sweep.events.append(NewEvent(event: event, deliveries: deliveries))
      sweep.changed[run] = Ledger.Entry(
        phase: phase, since: event.time, isBaseline: Bool.random(using: &random), isGone: Bool.random(using: &random))
    }
    sweep.source = pick([nil, .unreachable(since: ms(now)), .recovered])
    sweep.setsBaseline = Int.random(in: 0..<10, using: &random) == 0
    let (mine, expected) = (try await store.commit(sweep), await model.commit(sweep))
    #expect(mine == expected)
    return "commit of \(sweep.events.count) events"
  }

  /// Some have steps after them, some must not be made twice.
  private mutating func delivery(_ id: String) -> NewDelivery {
    let (target, rule) = (pick(Self.destinations), pick(["a", "b"]))
    var delivery = NewDelivery.of(id, to: target, rule: rule)
    if target == .hook {
      let call = HookCall(command: .shell("true"))
      delivery = NewDelivery(id: id, rule: rule, destination: target, content: .hook(call))
    }
    delivery.action = pick(["model", "actions[0]"])
    delivery.continuation = Int.random(in: 0..<3, using: &random) == 0 ? Array("{}".utf8) : nil
    delivery.isOnce = Int.random(in: 0..<5, using: &random) == 0
    return delivery
  }

  private mutating func steps(after claim: ClaimedDelivery) -> [NewDelivery] {
    guard claim.continuation != nil else { return [] }
    return (0..<Int.random(in: 0...2, using: &random)).map { index in
      var step = delivery("\(claim.id).\(index)")
      step.link = ChainLink(parent: claim.id, pick([.then, .onFailure]))
      return step
    }
  }

  private mutating func claim() async throws -> String {
    let (destination, limit) = (pick(Self.destinations), Int.random(in: 0...3, using: &random))
    if Bool.random(using: &random) {
      let underWay = Set(claims.filter { _ in Bool.random(using: &random) }.map(\.sequence))
      let place =
        Bool.random(using: &random)
        ? DuePlace(dueAt: ms(now - .random(in: 0...30, using: &random)), sequence: .random(in: 0...9, using: &random))
        : nil
      let mine = try await store.due(
        destination: destination, limit: limit, at: ms(now), except: underWay, after: place)
      let expected = await model.due(
        destination: destination, limit: limit, at: ms(now), except: underWay, after: place)
      #expect(mine.map { "\($0)" } == expected.map { "\($0)" })
      claims += mine
      return "look at \(limit) for \(destination)"
    }
    let mine = try await store.claim(destination: destination, limit: limit, at: ms(now))
    let expected = await model.claim(destination: destination, limit: limit, at: ms(now))
    #expect(mine.map { "\($0)" } == expected.map { "\($0)" })
    claims += mine
    return "claim of \(limit) for \(destination)"
  }

  private mutating func settle() async throws -> String {
    let claim = pick(claims)
    let ends: [Settlement] = [
      .delivered, .dead(reason: "gone"), .retry(at: ms(now + .random(in: 0...60, using: &random)), reason: "timeout"),
      .deferred(at: ms(now + .random(in: 0...60, using: &random)), reason: "at night"), .interrupted,
    ]
    var batch = SettlementBatch()
    // Several at once: when one of them is refused, all are.
    for claim in [claim] + claims.filter({ _ in Int.random(in: 0..<10, using: &random) == 0 }) {
      let end = pick(ends)
      let next = [.delivered, ends[1]].contains(end) ? steps(after: claim) : []
      batch.attempts.append(
        SettledAttempt(
          claim, end, .of(claim, at: now), next: next, posted: Bool.random(using: &random) ? [posted()] : []))
    }
    if Int.random(in: 0..<4, using: &random) == 0 { batch.destinations = [randomState()] }
    if Int.random(in: 0..<4, using: &random) == 0 { batch.releases = [pick(Self.destinations)] }
    let (store, model, sent, now) = (store, model, batch, ms(now))
    let mine = await result { try await store.settle(sent, at: now) }
    let expected = await result { try await model.settle(sent, at: now) }
    #expect(mine == expected)
    if case .success = mine { settled += 1 }
    return "settle \(batch.attempts.map { "\($0.delivery.id) attempt \($0.delivery.attempt) as \($0.settlement)" })"
  }

  private mutating func posted() -> PostedMessage {
    PostedMessage(
      key: pick(Self.posted), reference: [.random(in: 0...255, using: &random)],
      rank: .random(in: 1...99, using: &random))
  }

  private static let posted = ["p", "q", "r"]

  private func result(
    _ body: () async throws -> SettlementResult
  ) async -> Result<SettlementResult, StorageError> {
    do {
      return .success(try await body())
    } catch {
      return .failure(error as? StorageError ?? .notClaimed("another error"))
    }
  }

  private mutating func randomState() -> DestinationState {
    DestinationState(
      name: pick(Self.destinations).name, fingerprint: pick(["f", "g"]),
      holdUntil: Bool.random(using: &random) ? ms(now) : nil,
      failures: .random(in: 1...9, using: &random), nextProbeAt: ms(now + 5))
  }

  private mutating func bury() async throws -> String {
    let age: Duration = .milliseconds(.random(in: 0...200, using: &random))
    var batch = SettlementBatch()
    batch.burials = [
      BulkDeadLetter(
        destination: pick(Self.destinations), reason: "buried", olderThan: age, sparing: [pick([1, 2, 3, 4])])
    ]
    #expect(try await store.settle(batch, at: ms(now)) == (try await model.settle(batch, at: ms(now))))
    let deadLetterBacklog = try await store.deadLetterBacklog(batch.burials[0], at: ms(now))
    #expect(
      deadLetterBacklog.map { "\($0)" }
        == (await model.deadLetterBacklog(batch.burials[0], at: ms(now))).map { "\($0)" })
    let given = SettlementBatch(
      deadLetterBacklog.map { SettledAttempt($0, .dead(reason: "buried"), nil, next: steps(after: $0)) })
    // It may let go what dies in the same batch.
    let (mine, expected) = (try await store.settle(given, at: ms(now)), try await model.settle(given, at: ms(now)))
    #expect(mine.mayHaveFreed || !expected.mayHaveFreed)
    return "burial \(batch.burials)"
  }

  /// As a running process, or the next one, finds it; sometimes some quiet hours are others by that.
  private mutating func setClock() async throws -> String {
    var change = ClockChange()
    let by = Duration.milliseconds(Int64.random(in: -900...900, using: &random))
    (change.moments, change.ages) = (pick([.zero, by]), by)
    change.retention = by
    now = max(1_000, now + change.moments.milliseconds)
    let reading = ClockReading(boot: "b", uptime: .milliseconds(now), wall: ms(now))
    try await store.reanchor(change, to: reading)
    await model.reanchor(change, to: reading)
    #expect(try await store.savedClock() == reading)
    #expect(try await store.clockHistory() == (await model.clockHistory()))
    let ends: [String: Timestamp?] = [pick(Self.destinations).name: pick([nil, ms(now + 40)])]
    try await store.requiet(ends, at: ms(now))
    await model.requiet(ends, at: ms(now))
    return "the clock is set by \(by), quiet until \(ends)"
  }

  private mutating func hasten() async throws -> String {
    let waiting = claims.map(\.id) + (await model.collectingDigests(run: nil)).map(\.id)
    let ids = waiting.filter { _ in Bool.random(using: &random) }
    #expect(try await store.hasten(ids: ids, at: ms(now)) == (await model.hasten(ids: ids, at: ms(now))))
    #expect(try await store.takeProbeRequests() == (await model.takeProbeRequests()))
    return "hasten \(ids)"
  }

  private mutating func prune() async throws -> String {
    let (before, limit) = (ms(now - .random(in: 0...400, using: &random)), Int.random(in: 0...20, using: &random))
    _ = try await (store.prune(before: before, limit: limit), model.prune(before: before, limit: limit))
    return "prune \(limit) before \(before)"
  }

  private mutating func release() async throws -> String {
    #expect(try await store.releaseClaims(at: ms(now)) == (await model.releaseClaims(at: ms(now))))
    let cutOff = try await store.cutOff()
    #expect(cutOff.map { "\($0)" } == (await model.cutOff()).map { "\($0)" })
    claims += cutOff
    return "release"
  }

  func compare(_ comment: String) async throws {
    let comment = Comment(rawValue: comment)
    #expect(try await store.deliveries(DeliveryFilter()) == (await model.deliveries(DeliveryFilter())), comment)
    #expect(try await store.unsettledCount() == (await model.unsettledCount()), comment)
    #expect(try await store.unsettled() == (await model.unsettled()), comment)
    #expect(try await store.destinationStates() == (await model.destinationStates()), comment)
    var due = try await store.dueTargets(at: ms(now))
    due.targets.sort()
    #expect(due == (await model.dueTargets(at: ms(now))), comment)
    #expect(
      try await store.destinationsBackingOff(at: ms(now)) == (await model.destinationsBackingOff(at: ms(now))), comment)
    for key in Self.posted {
      #expect(try await store.posted(key: key) == (await model.posted(key: key)), comment)
    }
    for destination in Self.destinations {
      let mine = try await store.probe(destination: destination, at: ms(now), except: [1, 5])
      let expected = await model.probe(destination: destination, at: ms(now), except: [1, 5])
      #expect(mine.map { "\($0)" } == expected.map { "\($0)" }, comment)
    }
  }

  func compareDetails(_ comment: String) async throws {
    let comment = Comment(rawValue: comment)
    for record in try await store.deliveries(DeliveryFilter()) {
      let (mine, expected) = (try await store.delivery(id: record.id), await model.delivery(id: record.id))
      #expect(mine?.attempts == expected?.attempts, comment)
      #expect(mine?.event == expected?.event, comment)
      #expect(mine?.chain.map(\.record) == expected?.chain.map(\.record), comment)
      #expect(mine?.chain.map(\.continuation) == expected?.chain.map(\.continuation), comment)
    }
    let (mine, expected) = (try await store.ledger(organization: "org"), await model.ledger(organization: "org"))
    #expect(mine.runs == expected.runs, comment)
    #expect(mine.hasBaseline == expected.hasBaseline, comment)
  }
}
