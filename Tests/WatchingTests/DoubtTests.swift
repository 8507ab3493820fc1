import Logging
import Rules
import Runs
import TestSupport
import Testing
import Transport
import ViAPI

@testable import Watching

/// Named runs, watched on and on, while some answers are wrong.
@Suite(.timeLimit(.minutes(6))) struct DoubtTests {
  private let time = ManualTime()
  private let store = FailingStore()

  /// Lets the watching go on for so many seconds, with a look every 300.
  private func watch(_ runs: [String], _ source: ScriptedRuns, seconds: Int) async throws {
    let rules = try ModelRules()
    var settings = rules.settings
    (settings.runs, settings.interval, settings.isAdaptive) = (runs, .seconds(300), false)
    let watcher = Watcher(
      source: source, store: store, rules: rules.plain, settings: settings, time: time.source,
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let watching = Task {
      try await watcher.run(.init(onSweep: { _ in false }, onFailure: { _ in }, onNews: {}))
    }
    for _ in 0..<seconds {
      // The one who sweeps and the one who looks out.
      await time.sleepers(atLeast: 2)
      time.advance(by: .seconds(1))
    }
    await time.sleepers(atLeast: 2)
    watching.cancel()
    _ = await watching.result
  }

  private var told: [String] { store.events.map { "\($0.runID) \($0.eventKind.word)" } }

  private static let wrongAnswers: [SourceError] = [
    .noSuchRun(id: "a"), .refused(status: 401, message: ""), .notVi("cut short"), .rejected(status: 400, message: ""),
    .unreachable(.cutShort), .failing(status: 500, message: "", retryAfter: nil),
  ]

  @Test(arguments: 0..<wrongAnswers.count)
  func `after one wrong answer about a run its end is told within seconds, and nothing else`(which: Int) async throws {
    let error = Self.wrongAnswers[which]
    let source = ScriptedRuns(time) { _, second in
      second < 300 ? .success("Running") : second == 300 ? .failure(error) : .success("Succeeded")
    }
    try await watch(["a"], source, seconds: 304)
    #expect(told == ["a succeeded"])
  }

  @Test func `a run that was read is gone when every look of two minutes says so, on fresh connections`() async throws {
    let source = ScriptedRuns(time) { id, second in second < 300 ? .success("Running") : .failure(.noSuchRun(id: id)) }
    try await watch(["a"], source, seconds: 419)
    #expect(told.isEmpty)
    let looks = source.asked.filter { $0.second >= 300 }
    #expect(looks.map(\.second) == [300, 301, 303, 307, 315, 331, 360, 390])
    #expect(!looks[0].isFresh)
    #expect(looks.dropFirst().allSatisfy { $0.isFresh })
  }

  @Test func `what is gone is told once, and looked at more slowly`() async throws {
    let source = ScriptedRuns(time) { id, second in
      second < 300 ? .success("Running") : second < 900 ? .failure(.noSuchRun(id: id)) : .success("Failed")
    }
    try await watch(["a"], source, seconds: 2_100)
    #expect(told == ["a disappeared", "a failed"])
    let slow: [Int64] = source.asked.map(\.second).filter { (421..<1_800).contains($0) }
    #expect(slow == [900])
  }

  @Test func `a run in doubt delays no other, and is no reason to ask for others`() async throws {
    let source = ScriptedRuns(time) { id, second in
      if id == "a", second >= 300 { return .failure(.notVi("cut short")) }
      return .success(second < 600 ? "Running" : "Cancelled")
    }
    try await watch(["a", "b"], source, seconds: 601)
    #expect(told == ["b cancelled"])
    let others: [Int64] = source.asked.filter { $0.run == "b" }.map(\.second)
    #expect(others == [0, 300, 600])
  }

  @Test func `from cron, a run that seems to be gone is looked at until that is certain`() async throws {
    let source = ScriptedRuns(time) { id, second in second == 0 ? .success("Running") : .failure(.noSuchRun(id: id)) }
    let rules = try ModelRules()
    var settings = rules.settings
    settings.runs = ["a"]
    func watcher() -> Watcher {
      let clock = TimeSource(now: { time.now }, uptime: { time.uptime }, sleep: { time.advance(by: $0) })
      return Watcher(
        source: source, store: store, rules: rules.plain, settings: settings, time: clock,
        log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
    let first = watcher()
    #expect(try await first.sweep().active == 1)
    #expect(try await first.settleAbsences(onNews: {}) == nil)
    time.advance(by: .seconds(60))
    let second = watcher()
    #expect(try await second.sweep().active == 1)
    #expect(try await second.settleAbsences(onNews: {})?.active == 0)
    #expect(told == ["a disappeared"])
    #expect(source.asked.last?.second == 180)
  }

  @Test func `a run that one of three looks shows is not gone`() async throws {
    let source = ScriptedRuns(time) { id, second in
      second < 300 || second % 60 == 0 ? .success("Running") : .failure(.noSuchRun(id: id))
    }
    try await watch(["a"], source, seconds: 3_600)
    #expect(told.isEmpty)
  }

  @Test func `where the API asks to be left alone, runs in doubt are left alone, too`() async throws {
    let source = ScriptedRuns(time) { id, second in
      if id == "a", second == 300 { return .failure(.rateLimited(retryAfter: .seconds(200))) }
      return .success("Running")
    }
    try await watch(["a", "b"], source, seconds: 501)
    let later: [Int64] = source.asked.map(\.second).filter { $0 > 300 }
    #expect(later == [500])
  }
}
