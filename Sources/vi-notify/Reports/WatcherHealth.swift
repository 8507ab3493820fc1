import Daemon
import JSONSource
import Runs
import Storage

/// What a watcher's last sign of life says. Pure.
struct WatcherHealth {
  enum State: String {
    case running
    /// It is there and gives no sign of life.
    case hangs
    case stopped
    /// It is gone, and has not said that it ends.
    case died
    case ended
    /// No watcher has ever used this state.
    case never
    /// It can't be seen from here, and gives no sign of life.
    case silent
  }

  /// Three beats; contract: told within 30 s.
  static let silence: Duration = .seconds(30)

  let state: State
  private let beat: Heartbeat?
  private let now: Timestamp
  /// Since the last beat.
  private let age: Duration

  /// - Parameter look: at the process that gave it.
  init(_ beat: Heartbeat?, now: Timestamp, uptime: Duration, _ look: (Heartbeat.Process) -> ProcessSight) {
    (self.beat, self.now) = (beat, now)
    guard let beat else {
      (state, age) = (.never, .zero)
      return
    }
    let isSameStart = !beat.process.boot.isEmpty && beat.process.boot == Heartbeat.Process.current.boot
    // Nobody can set the uptime.
    age = max(.zero, isSameStart ? uptime - beat.uptime : now - beat.beatAt)
    let isFresh = age <= Self.silence
    state =
      switch look(beat.process) {
      case _ where beat.hasEnded: .ended
      case .isGone: .died
      case .isStopped: .stopped
      case .runs: isFresh ? .running : .hangs
      case .isOutOfSight: isFresh ? .running : .silent
      }
  }

  /// Whether it is meant to run on and on.
  private var isLasting: Bool { beat?.mode == "forever" }

  private func ago(_ moment: Timestamp) -> String { "\(max(.zero, now - moment).words) ago" }

  var reasons: [String] {
    guard let beat else {
      return ["no watcher has ever run with this state; start one: vi-notify watch --rules FILE"]
    }
    return [watcherReason(beat), sourceReason(beat), reloadReason(beat)].compactMap(\.self)
  }

  private func watcherReason(_ beat: Heartbeat) -> String? {
    let process = "process \(beat.process.id)"
    switch state {
    case .running, .never: return nil
    case .ended:
      return isLasting ? "no watcher runs: the last one ended \(ago(beat.beatAt)); start it again" : nil
    case .died:
      return "the watcher has died, its last sign of life was \(age.words) ago; nothing is lost: start it again"
    case .stopped: return "the watcher is stopped (SIGSTOP); let it go on: kill -CONT \(beat.process.id)"
    case .hangs:
      return "the watcher (\(process)) has given no sign of life for \(age.words); look at its log and its disk, and "
        + "restart it if that goes on"
    case .silent:
      return "the watcher has given no sign of life for \(age.words), and its process can't be seen from here; look "
        + "whether it runs, and start it again"
    }
  }

  /// What a watcher that doesn't run can't see is not said beside that.
  private func sourceReason(_ beat: Heartbeat) -> String? {
    guard state == .running else { return nil }
    let since = max(.zero, beat.beatAt - (beat.sweptAt ?? beat.startedAt))
    guard since > beat.patience else { return nil }
    let why = beat.failure.map { ": \($0)" } ?? ""
    let seen = beat.sweptAt.map { "last seen \(ago($0))" } ?? "never seen"
    return "the Vi API is out of sight, \(seen)\(why); try: vi-notify runs list"
  }

  private func reloadReason(_ beat: Heartbeat) -> String? {
    guard state != .ended, let reload = beat.reload, let refusal = reload.refusal else { return nil }
    return "the rules file can't be used as it is now (\(refusal)), older rules are in use; see: vi-notify check "
      + beat.rulesFile
  }

  var facts: [(name: String, value: String)] {
    guard let beat else { return [("watcher", "none yet")] }
    let since = "process \(beat.process.id), started \(ago(beat.startedAt))"
    let last = "last sign of life \(age.words) ago"
    let words =
      switch state {
      case .running: "runs, \(since)"
      case .hangs: "hangs, \(since), \(last)"
      case .stopped: "is stopped, \(since), \(last)"
      case .died: "died, \(last)"
      case .silent: "is silent, \(last)"
      case .ended, .never: "ended \(ago(beat.beatAt))"
      }
    let reload = beat.reload.map { ", read anew \(ago($0.at))\($0.refusal == nil ? "" : " without success")" } ?? ""
    let count = beat.rules == 1 ? "1 rule" : "\(beat.rules) rules"
    let rules = beat.rulesFile.isEmpty ? count : "\(beat.rulesFile), \(count)\(reload)"
    let seen = beat.sweptAt.map { "seen \(ago($0))" } ?? "not seen yet"
    return [
      ("watcher", words), ("rules", rules), ("source", "\(beat.endpoint), organization \(beat.organization)"),
      ("runs", "\(beat.active) of \(beat.total) move, \(seen)"),
    ]
  }

  func write(into json: inout JSONWriter) {
    json.member("state", state.rawValue)
    guard let beat else { return }
    json.member("processId", beat.process.id)
    json.member("mode", beat.mode)
    json.member("startedAt", beat.startedAt.iso8601)
    json.member("lastSignOfLifeAt", beat.beatAt.iso8601)
  }

  func writeSource(into json: inout JSONWriter) {
    guard let beat else { return }
    json.member("endpoint", beat.endpoint)
    json.member("organization", beat.organization)
    json.member("lastSweepAt", beat.sweptAt?.iso8601)
    json.member("failure", beat.failure)
    json.member("active", beat.active)
    json.member("total", beat.total)
  }

  func writeRules(into json: inout JSONWriter) {
    guard let beat else { return }
    json.member("file", beat.rulesFile.isEmpty ? nil : beat.rulesFile)
    json.member("count", beat.rules)
    json.member("reloadedAt", beat.reload?.at.iso8601)
    json.member("refusal", beat.reload?.refusal)
  }
}
