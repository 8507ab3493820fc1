internal import FoundationEssentials

/// Where now comes from and how to wait: the system's clocks, or in tests a clock that is moved by hand.
///
/// There are two clocks. ``now`` is the wall's: it is what people and other machines mean, it is written into rows, and it
/// can be set back or forward at any time. ``uptime`` only measures how long something takes, in this process.
package struct TimeSource: Sendable {
  /// The wall clock.
  package let now: @Sendable () -> Timestamp
  /// Since some moment before this process began, the same for all of its life. It goes on while the machine sleeps, and
  /// never back, whatever is done to the wall clock.
  package let uptime: @Sendable () -> Duration
  /// Waits so long by ``uptime``, or throws `CancellationError` when the task is cancelled meanwhile.
  package let sleep: @Sendable (Duration) async throws -> Void

  package init(
    now: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> Duration,
    sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.now = now
    self.uptime = uptime
    self.sleep = sleep
  }

  package static let system = TimeSource(
    now: { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))) },
    uptime: bootTime,
    sleep: { duration in
      try await inSlices(duration, uptime: bootTime) { try await Task.sleep(for: $0, tolerance: .zero) }
    })

  /// Longer waits are made of pieces. A timer of the system may stand still while the machine sleeps, and then goes off
  /// late by as much: what is left of one piece is how late we notice at most.
  package static let maxSlice: Duration = .seconds(30)

  /// Waits `duration` by `uptime`, with a timer that may miss the time in which the machine was asleep.
  package static func inSlices(
    _ duration: Duration, uptime: () -> Duration, timer: (Duration) async throws -> Void
  ) async throws {
    let start = uptime()
    repeat {
      try await timer(min(max(duration - (uptime() - start), .zero), maxSlice))
    } while uptime() - start < duration
  }

  /// CLOCK_BOOTTIME (clock_gettime(2)), which is what `ContinuousClock` reads on Linux: CLOCK_MONOTONIC would stand still
  /// while the machine is suspended.
  private static let bootTime: @Sendable () -> Duration = { ContinuousClock().systemEpoch.duration(to: .now) }
}
