import Runs
import Storage
import TestSupport

/// A state in which every table has rows, with texts that are hard to keep.
enum FullState {
  static let hostile = "'; DROP TABLE runs; -- \\ \"\u{E000}0\u{E000}é👩‍🚀\u{FFFD}\r\n\u{202E}%s{}\u{7F}"

  static func fill(_ store: any StateStore) async throws {
    try await store.remember(RuleFileCopy(digest: "digest", bytes: Array(0...255)), at: ms(1))
    try await store.note(
      KnownNames(destinations: ["chat": "slack", hostile: "webhook"], rules: [hostile], paces: ["chat": "10 per 1s"]))
    try await sweep(store)
    try await settle(store)
    try await claim(store)
    try await store.add(
      Silence(
        id: "sil_1", createdAt: ms(3), until: ms(90), reason: hostile, rules: [hostile], destinations: [],
        pattern: Array(#"{"flow":["x"]}"#.utf8)))
    var filter = ReplayFilter()
    filter.ids = ["first"]
    // It is pending again, and what was sent after it is delivered: nothing of that is worked out anew in a copy.
    _ = try await store.replay(filter, at: ms(30))
    _ = try await store.hasten(ids: ["later"], at: ms(31))
    try await store.reanchor(
      ClockChange(step: .seconds(5)),
      to: ClockReading(boot: "boot", uptime: .seconds(9), wall: ms(40), sourceAhead: .milliseconds(-7)))
    try await store.beat(
      Heartbeat(
        process: .init(id: 7, started: 99, space: "pid:[1]", boot: "b"), mode: "forever", startedAt: ms(5),
        beatAt: ms(9), uptime: .milliseconds(4)))
  }

  private static func sweep(_ store: any StateStore) async throws {
    var sweep = SweepCommit(organization: "org", time: ms(2))
    (sweep.setsBaseline, sweep.rules, sweep.source) = (true, "digest", .unreachable(since: ms(1)))
    sweep.changed["r"] = Ledger.Entry(phase: .failed, since: ms(1), isBaseline: true, isGone: true)
    var first = NewDelivery(id: "first", rule: hostile, destination: "chat", content: .body(Array(0...255)))
    (first.continuation, first.action) = (Array("{}".utf8), hostile)
    let event = try RunEvent.of(run: "r")
    var new = NewEvent(
      event: event, deliveries: [first],
      digests: [
        DigestEntry(
          rule: "rule", action: "a", key: hostile, destination: "chat", window: .seconds(60), plan: Array("{}".utf8))
      ])
    new.held = [
      HeldBack(
        eventID: event.id, runID: "r", rule: "rule", action: "a", destination: "d", reason: hostile, at: ms(2))
    ]
    new.windows = [CooldownWindow(rule: "rule", key: hostile, until: ms(70), held: 1)]
    sweep.events = [new]
    _ = try await store.commit(sweep)
    _ = try await store.commit(.of(run: "r", ["second", "later"].map { NewDelivery.of($0) }, eventAt: 2, at: 3))
    let hooks = ["hook1", "hook2"].map {
      NewDelivery(id: $0, rule: "rule", destination: .hook, content: .hook(HookCall(command: .shell("true"))))
    }
    _ = try await store.commit(.of(run: "s", hooks, at: 3))
  }

  private static func settle(_ store: any StateStore) async throws {
    for name in ["first", "second"] {
      guard let next = try await store.due(destination: "chat", limit: 1, at: ms(10), except: []).first else {
        throw NothingThere("\(name) isn't due")
      }
      var batch = SettlementBatch([
        SettledAttempt(
          next, .delivered,
          AttemptRecord(
            number: 1, startedAt: ms(8), finishedAt: ms(9), outcome: "delivered", code: 200, detail: hostile,
            output: hostile),
          posted: [PostedMessage(key: "\(name) \(hostile)", reference: [0, 255], rank: next.rank)])
      ])
      batch.destinations = [
        DestinationState(
          name: "chat", fingerprint: "f", stoppedAt: ms(1), stoppedReason: hostile, holdUntil: ms(50), failures: 3,
          nextProbeAt: ms(60))
      ]
      _ = try await store.settle(batch, at: ms(10))
    }
  }

  private static func claim(_ store: any StateStore) async throws {
    _ = try await store.claim(destination: .hook, limit: 1, at: ms(20))
  }
}
