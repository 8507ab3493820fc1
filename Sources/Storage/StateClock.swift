internal import Locking
package import Runs

/// The clock by which the moments in the state are written and compared.
///
/// It shows what the wall clock showed and goes on evenly, by the uptime: nothing that is decided by it is early or late because
/// somebody has set the wall clock. When that is noticed (``step``), whatever is written in the state is moved by as much, and
/// this clock follows (``follow(_:)``): from then on both show the same again.
package final class StateClock: Sendable {
  /// Less than this may be chance, or a clock that is being corrected in small steps; they add up until they are noticed.
  package static let tolerance: Duration = .seconds(2)

  /// The system's clocks, or those of a test.
  package let system: TimeSource
  private struct State {
    /// At uptime zero.
    var zero: Timestamp
    var isMoving = false
    var sourceAhead: @Sendable () -> Duration? = { nil }
  }

  /// See ``ClockReading/boot``.
  private let boot: String

  private let state: Locked<State>
  private let first: Timestamp

  package init(_ system: TimeSource, boot: String = ClockReading.thisBoot) {
    self.system = system
    self.boot = boot
    first = system.now() + (.zero - system.uptime())
    state = Locked(State(zero: first))
  }

  package var now: Timestamp { state.withLock { $0.zero } + system.uptime() }

  package var uptime: Duration { system.uptime() }

  /// For those that only read the time.
  package var source: TimeSource {
    TimeSource(now: { self.now }, uptime: system.uptime, sleep: system.sleep)
  }

  /// A clock that never follows: for durations that are written as differences of two moments, in this process only.
  package var even: TimeSource {
    TimeSource(now: { [first, system] in first + system.uptime() }, uptime: system.uptime, sleep: system.sleep)
  }

  /// By how much it has followed since this process began.
  package var followed: Duration { state.withLock { $0.zero } - first }

  /// By how much the wall clock was set, forward or (negative) back; nil: not by more than ``tolerance``.
  package var step: Duration? {
    let step = system.now() - now
    return step > Self.tolerance || step < .zero - Self.tolerance ? step : nil
  }

  /// What is in the state is about to be moved by this ``step``; ``hasMoved()`` tells that it is.
  package func follow(_ step: Duration) {
    state.withLock { ($0.zero, $0.isMoving) = ($0.zero + step, true) }
  }

  package func hasMoved() {
    state.withLock { $0.isMoving = false }
  }

  /// How far the API's clock is ahead of ``even``; nil: not known.
  package func ask(sourceAhead: @escaping @Sendable () -> Duration?) {
    state.withLock { $0.sourceAhead = sourceAhead }
  }

  /// How far the API's clock is ahead of this one; nil: not known.
  package var sourceAhead: Duration? {
    let ask = state.withLock { $0.sourceAhead }
    return ask().map { $0 - followed }
  }

  package var reading: ClockReading {
    ClockReading(boot: boot, uptime: system.uptime(), wall: now, sourceAhead: sourceAhead)
  }

  /// To be kept in the state; nil while what is there and this clock don't show the same.
  var keptReading: ClockReading? {
    state.withLock { $0.isMoving } ? nil : reading
  }
}
