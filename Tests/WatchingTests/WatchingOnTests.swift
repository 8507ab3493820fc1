import Logging
import Rules
import Runs
import TestSupport
import Testing
import ViAPI

@testable import Watching

/// Watching on and on, on a clock that is moved by hand.
@Suite(.timeLimit(.minutes(6))) struct WatchingOnTests {
  @Test func `a clock that is set back during a sweep does not put off the next`() async throws {
    let time = ManualTime()
    let source = ScriptedPages { _, _ in
      time.stepWall(by: .seconds(-3600))
      return #"{"items":[]}"#
    }
    let rules = try ModelRules()
    var settings = rules.settings
    settings.isAdaptive = false
    let watcher = Watcher(
      source: source, store: FailingStore(), rules: rules.plain, settings: settings, time: time.source,
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let watching = Task {
      try await watcher.run(.init(onSweep: { _ in false }, onFailure: { _ in }, onNews: {}))
    }
    // The one who sweeps and the one who looks out.
    await time.sleepers(atLeast: 2)
    #expect(source.asked.count == 1)
    time.advance(by: settings.interval)
    await time.sleepers(atLeast: 2)
    #expect(source.asked.count == 2)
    watching.cancel()
    _ = await watching.result
  }
}
