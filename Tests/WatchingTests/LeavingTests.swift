import Locking
import Logging
import Rules
import Runs
import TestSupport
import Testing
import ViAPI

@testable import Watching

/// One watcher makes room for the next.
@Suite(.timeLimit(.minutes(6))) struct LeavingTests {
  private let time = ManualTime()
  private let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func watcher(
    _ source: any RunSource, after legacy: Watcher.Legacy? = nil, unreachableAfter patience: Duration = .seconds(300)
  ) throws -> Watcher {
    let rules = try ModelRules()
    var settings = rules.settings
    settings.isAdaptive = false
    settings.unreachableAfter = patience
    return Watcher(
      source: source, store: FailingStore(), rules: rules.plain, settings: settings, time: time.source, after: legacy,
      log: log)
  }

  private func run(_ watcher: Watcher) async throws {
    try await watcher.run(.init(onSweep: { _ in false }, onFailure: { _ in }, onNews: {}))
  }

  @Test func `one that sleeps leaves at once, and no time has to pass`() async throws {
    let source = ScriptedPages { _, _ in #"{"items":[]}"# }
    let watcher = try watcher(source)
    async let running: Void = run(watcher)
    await time.sleepers(atLeast: 2)
    watcher.leave()
    try await running
    #expect(source.asked.count == 1)
  }

  @Test func `one that sweeps ends its sweep first`() async throws {
    let leave = Locked<(@Sendable () -> Void)?>(nil)
    let source = ScriptedPages { _, _ in
      leave.withLock { $0 }?()
      return #"{"items":[]}"#
    }
    let watcher = try watcher(source)
    leave.withLock { $0 = { watcher.leave() } }
    try await run(watcher)
    #expect(source.asked.count == 1)
    #expect(await watcher.lastFull != nil)
    leave.withLock { $0 = nil }
  }

  @Test func `the next one goes on with the time that the source has been out of sight`() async throws {
    let first = try watcher(ScriptedPages { _, _ in #"{"items":[]}"# })
    _ = try await first.sweep()
    time.advance(by: .seconds(200))
    let second = try watcher(
      ScriptedPages { _, _ in "broken" }, after: await first.legacy, unreachableAfter: .seconds(250))
    #expect(await second.outage.timeLeft(at: time.now) == .seconds(50))
    #expect(await second.start == first.start)
  }

  @Test func `a wait that the source has asked for holds for the next one, too`() async throws {
    let hold = time.uptime + .seconds(60)
    let legacy = Watcher.Legacy(
      start: time.now, outage: Outage(patience: .seconds(300), start: time.now), hold: hold)
    let source = ScriptedPages { _, _ in #"{"items":[]}"# }
    let watcher = try watcher(source, after: legacy)
    async let running: Void = run(watcher)
    await time.sleepers(atLeast: 2)
    #expect(source.asked.isEmpty)
    time.advance(by: .seconds(60))
    await time.sleepers(atLeast: 2)
    #expect(source.asked.count == 1)
    watcher.leave()
    try await running
  }
}
