package import Runs
import Synchronization

/// The loops of the process.
package enum Loop: Int, MetricLabel {
  package static let label = "loop"
  case watching, delivery, upkeep
}

/// Tracks whether the loops make progress: when each started its last turn, and how long it has been busy with it.
///
/// A loop that waits for work is fine, however long it waits. A loop that doesn't finish a turn hangs.
package struct LoopProgress: Metric {
  private let name: String
  private let help: String
  private let turns = Loop.allCases.map { _ in Turn() }
  private let excuse = Excuse()

  init(_ name: String, _ help: String) {
    self.name = MetricName.prefixed(name)
    self.help = help
  }

  /// Call at the start of a turn.
  package func begin(_ loop: Loop, _ time: TimeSource) {
    turn(loop).begin(time)
  }

  /// Call at the end of a turn, before waiting for work.
  package func rest(_ loop: Loop) {
    turn(loop).busySince.store(0, ordering: .relaxed)
  }

  /// How long the current turn has lasted; nil if the loop is waiting for work or hasn't started.
  package func busyTime(of loop: Loop, _ time: TimeSource) -> Duration? {
    let since = turn(loop).busySince.load(ordering: .relaxed)
    return since == 0 ? nil : max(.zero, time.uptime() - .milliseconds(since))
  }

  /// What a loop does at this moment may wait for the state, which is out of reach: no turn has lasted longer than from now on.
  package func excuse(_ time: TimeSource) {
    excuse.until.store(time.uptime().milliseconds, ordering: .relaxed)
  }

  /// A turn of a loop that takes longer hangs. A sweep may take ten minutes, and a write waits a minute for another program's.
  private static let patience: [(loop: Loop, limit: Duration)] = [
    (.watching, .seconds(900)), (.delivery, .seconds(180)), (.upkeep, .seconds(180)),
  ]

  /// The loops that hang, and for how long each has been at one turn.
  package func hanging(_ time: TimeSource) -> [(loop: Loop, busy: Duration)] {
    let free = time.uptime() - .milliseconds(excuse.until.load(ordering: .relaxed))
    return Self.patience.compactMap { loop, limit in
      busyTime(of: loop, time).map { min($0, free) }.flatMap { $0 > limit ? (loop, $0) : nil }
    }
  }

  private func turn(_ loop: Loop) -> Turn {
    turns[loop.place]
  }

  var samples: [Sample] {
    Loop.allCases.map { loop in
      let label = Sample.Label(name: Loop.label, value: loop.word)
      let moment = Double(turn(loop).startedAt.load(ordering: .relaxed)) / 1_000
      return Sample(name: name, kind: .gauge, help: help, labels: [label], value: moment)
    }
  }

  private final class Excuse: Sendable {
    /// By the uptime, in milliseconds.
    let until = Atomic<Int64>(0)
  }

  /// An atomic can't be moved, so that each has a place of its own.
  private final class Turn: Sendable {
    /// By the wall clock, in milliseconds; 0: none has begun.
    let startedAt = Atomic<Int64>(0)
    /// By the uptime, in milliseconds; 0: it isn't busy.
    let busySince = Atomic<Int64>(0)

    func begin(_ time: TimeSource) {
      startedAt.store(time.now().milliseconds, ordering: .relaxed)
      busySince.store(max(1, time.uptime().milliseconds), ordering: .relaxed)
    }
  }
}
