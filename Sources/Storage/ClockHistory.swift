package import Runs

/// How often and by how much the clock of a state was set, as far back as it matters to those who forget what is old.
package struct ClockHistory: Sendable, Equatable {
  package struct Step: Sendable, Equatable {
    /// What the clock showed afterwards.
    package let at: Timestamp
    package let by: Duration

    package init(at: Timestamp, by: Duration) {
      (self.at, self.by) = (at, by)
    }
  }

  /// More are joined, so that what is kept doesn't grow; then some things are kept longer than they need to be.
  package static let maxSteps = 100

  /// The oldest first.
  package private(set) var steps: [Step]

  package init(_ steps: [Step] = []) {
    self.steps = steps
  }

  /// By how much something that seems old may be younger. Nobody knows under which setting of the clock a moment was written:
  /// it is taken to be the one under which it is the youngest.
  package var doubt: Duration {
    var (sum, most) = (Duration.zero, Duration.zero)
    for step in steps.reversed() {
      sum += step.by
      most = max(most, sum)
    }
    return most
  }

  /// Adds a step; what was written before those that are older than `retention` is forgotten by then.
  package mutating func add(_ step: Step) {
    steps.append(step)
    guard steps.count > Self.maxSteps else { return }
    let (first, second) = (steps[0], steps[1])
    steps.replaceSubrange(0...1, with: [Step(at: second.at, by: second.by + max(.zero, first.by))])
  }

  /// Forgets steps since which more time than `retention` has passed: nothing is kept that was written before them.
  package mutating func forget(olderThan retention: Duration, at now: Timestamp) {
    var later = Duration.zero
    var kept: [Step] = []
    for step in steps.reversed() {
      if now - step.at - later <= retention { kept.append(step) }
      later += step.by
    }
    steps = kept.reversed()
  }
}
