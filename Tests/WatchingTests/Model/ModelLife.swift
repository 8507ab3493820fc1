import Logging
import Rules
import Runs
import Secrets
import Storage
import ViAPI

@testable import Watching

/// One seed: a source that lies, a watcher that is killed now and then, and the oracle that judges it.
struct ModelLife {
  private static let hold: Int64 = 60_000

  let source: LyingSource
  private let store = FailingStore()
  private let settings: WatchSettings
  private let rules: RuleSet
  private var watcher: Watcher
  private var oracle: Oracle
  private var draw: SeededDraw
  /// When the last two sweeps that ended well did, by the source's clock.
  private var wholeEnds: [Int64] = []
  private(set) var mistakes: [String] = []

  init(seed: UInt64, rules files: ModelRules, keepsStory: Bool = false) {
    var draw = SeededDraw(seed: seed)
    let temper = Temper(&draw)
    source = LyingSource(seed: seed, temper: temper, draw: draw, keepsStory: keepsStory)
    self.draw = SeededDraw(seed: ~seed)
    var settings = files.settings
    settings.fullSweep = temper.fullSweep
    settings.since = temper.takesAll ? .all : .now
    if temper.isNamed { settings.runs = source.withState { $0.world.list.filter { $0.utf8.count == 2 } } + ["a999"] }
    self.settings = settings
    rules = temper.holds ? files.holding : files.plain
    let holds = temper.holds ? [(Phase.pending, Self.hold), (Phase.running, Self.hold)] : []
    oracle = Oracle(temper: temper, holds: holds.map { (phase: $0.0, milliseconds: $0.1) })
    watcher = Self.watcher(source, store, rules, settings)
  }

  private static func watcher(
    _ source: LyingSource, _ store: FailingStore, _ rules: RuleSet, _ settings: WatchSettings
  ) -> Watcher {
    Watcher(
      source: source, store: store, rules: rules, settings: settings, time: source.time,
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private var temper: Temper { source.temper }

  /// Until the first mistake.
  mutating func live() async {
    for _ in 0..<temper.sweeps where mistakes.isEmpty {
      if draw.happens(temper.restart) { restart() }
      let crash: FailingStore.Crash? = draw.happens(temper.crash) ? draw.pick([.before, .after]) : nil
      await sweep(pause: Int64(draw.pick([1_000, 30_000, 30_000, 200_000])), crash: crash)
      for _ in 0..<draw.below(4) where mistakes.isEmpty { await lookAgain(pause: Int64(draw.pick([1_000, 30_000]))) }
    }
    source.withState { $0.calmDown() }
    await checkSlipped()
    // Enough for a run that is gone to be believed gone.
    let pause = max(temper.fullSweep.milliseconds + 10_000, 61_000)
    for _ in 0..<4 where mistakes.isEmpty { await sweep(pause: pause, crash: nil) }
    if mistakes.isEmpty { checkTruth() }
    if mistakes.isEmpty { await checkCost() }
  }

  private mutating func restart() {
    source.withState { $0.tell("restart") }
    watcher = Self.watcher(source, store, rules, settings)
    oracle.restarted()
  }

  private mutating func sweep(pause: Int64, crash: FailingStore.Crash?) async {
    source.withState { $0.beginSweep(after: pause) }
    store.crash(crash)
    let begin = begin(isSecondLook: false)
    do {
      let report = try await watcher.sweep()
      judge(begin, report)
    } catch let error as SourceError {
      let record = source.withState { $0.record }
      let hasNothing = temper.isNamed && record.answered.isEmpty && !record.faulted.isEmpty
      if !record.mustFail, !record.mayFail, !hasNothing { mistakes = ["a sweep failed without a reason: \(error)"] }
    } catch {
      source.withState { $0.tell("killed \(crash == .after ? "after" : "before") the commit") }
      if crash == .after { judge(begin, nil) }
      restart()
    }
    store.crash(nil)
  }

  /// Between two sweeps, as the watching does it.
  private mutating func lookAgain(pause: Int64) async {
    guard await !watcher.doubts.runs.isEmpty else { return }
    source.withState { $0.beginSweep(after: pause, isSecondLook: true) }
    guard await !watcher.needsList else { return }
    let begin = begin(isSecondLook: true)
    do {
      judge(begin, try await watcher.lookAgain())
    } catch {
      mistakes = ["a second look failed: \(error)"]
    }
  }

  private struct Begin {
    let events: Int
    let clock: Int64
    let uptime: Int64
    let isSecondLook: Bool
  }

  private func begin(isSecondLook: Bool) -> Begin {
    let (clock, uptime) = source.withState { ($0.ourClock, $0.uptime) }
    return Begin(events: store.events.count, clock: clock, uptime: uptime, isSecondLook: isSecondLook)
  }

  /// What has slipped past the last sweep, from one of its pages to another, is found by the next.
  private mutating func checkSlipped() async {
    guard mistakes.isEmpty, wholeEnds.count == 2, let begin = wholeEnds.first else { return }
    await sweep(pause: 10, crash: nil)
    guard mistakes.isEmpty, temper.order == .newestFirst, !temper.backdates, !temper.isNamed else { return }
    let runs = source.withState { state in state.world.runs.values.filter { $0.created > begin && !$0.isUnreadable } }
    mistakes = runs.filter { oracle.known[$0.id] == nil }.map { "\($0.id) has slipped past two sweeps" }
  }

  private mutating func judge(_ begin: Begin, _ report: Watcher.Report?) {
    let events = Array(store.events[begin.events...])
    var (record, ours, clock) = source.withState { state in
      for event in events { state.tell("told \(Oracle.Told(event))") }
      return (state.record, state.ourClock, state.clock)
    }
    if temper.isNamed { record.isWhole = record.lookedAt.isSuperset(of: settings.runs) }
    if !begin.isSecondLook { wholeEnds = wholeEnds.suffix(1) + [clock] }
    mistakes = oracle.swept(
      record, events: events, isSecondLook: begin.isSecondLook, began: begin.clock, uptime: begin.uptime, ended: ours,
      clock: clock)
    guard mistakes.isEmpty, let report, report.active != oracle.active.count else { return }
    mistakes = ["\(report.active) runs are said to move, and not \(oracle.active.sorted())"]
  }

  /// Nothing has changed during two whole sweeps: what is known is what is there.
  private mutating func checkTruth() {
    let ledger = store.ledger(organization: "org").runs
    let runs = source.withState { $0.world.runs }
    for run in runs.values where !run.isUnreadable && (!temper.isNamed || settings.runs.contains(run.id)) {
      let entry = ledger[run.id]
      if entry?.phase != run.sight.phase { mistakes.append("\(run.id) is \(run.sight), not \(entry as Any)") }
      if entry?.isGone == true { mistakes.append("\(run.id) is taken to be gone, and is there") }
    }
    for (id, entry) in ledger where runs[id] == nil && !entry.phase.isTerminal && !entry.isGone {
      mistakes.append("\(id) is taken to be there, and is gone")
    }
  }

  /// In a list that is sorted as the vendor says, a sweep that finds nothing new costs no more than it must, also when
  /// some runs have ended since all was read.
  private mutating func checkCost() async {
    let runs = source.withState { $0.world.runs.values.map { ($0.created, $0.isUnreadable) } }
    // Behind the last page some servers give an empty one; and of a full sweep it is said above what it costs.
    guard temper.order == .newestFirst, !temper.isNamed, Set(runs.map(\.0)).count > 1, !runs.contains(where: \.1),
      !temper.emptyEnd, temper.fullSweep > .seconds(1)
    else { return }
    // Who refuses large pages is asked for ever smaller ones, by tens.
    let size = temper.refusesAbove == nil ? temper.cap : [100, 10, 1].first { $0 <= temper.cap } ?? 1
    let pages = max(1, (runs.count + size - 1) / size)
    for _ in 0..<2 where mistakes.isEmpty {
      await sweep(pause: 10, crash: nil)
      let (requests, live) = (source.withState { $0.record.requests }, oracle.moving.count)
      if requests > min(live + 1, pages) {
        mistakes.append("\(requests) requests for \(live) moving runs and \(pages) pages")
      }
      source.withState { $0.endHalf() }
      await sweep(pause: 10, crash: nil)
    }
  }
}

/// Rules that every seed shares: they are compiled once.
struct ModelRules {
  let plain: RuleSet
  let holding: RuleSet
  let settings: WatchSettings

  struct Unreadable: Error {}

  init() throws {
    let file = try Self.file(#"{"name": "none", "on": "sourceRecovered", "actions": [{"run": ["true"]}]}"#)
    plain = try RuleSet(file)
    settings = file.watch
    holding = try RuleSet(
      Self.file(#"{"name": "long", "on": ["pending", "running"], "for": "1m", "actions": [{"run": ["true"]}]}"#))
  }

  private static func file(_ rule: String) throws -> RuleFile {
    let text = #"{"version": 1, "rules": [\#(rule)]}"#
    guard let file = RuleFile.read(Array(text.utf8), secrets: SecretSource(environment: [:])).0 else {
      throw Unreadable()
    }
    return file
  }
}
