internal import FoundationEssentials

/// Reads the time and waits: with the system's clocks, or in tests with a clock that is moved by hand.
///
/// There are two clocks. ``now`` is the wall clock: people and other machines use it, rows hold it, and it can be set back or
/// forward at any time. ``uptime`` only measures durations within this process.
package struct TimeSource: Sendable {
  /// The wall clock.
  package let now: @Sendable () -> Timestamp
  /// The time since some moment before this process began, constant for its lifetime. It continues while the machine sleeps, never
  /// goes back, and ignores changes of the wall clock.
  package let uptime: @Sendable () -> Duration
  /// Waits this long by ``uptime``, or throws `CancellationError` if the task is cancelled.
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

  /// Longer waits are split. A system timer may stop while the machine sleeps, and then fires late by that time; a slice bounds the
  /// delay.
  package static let maxSlice: Duration = .seconds(30)

  /// Waits `duration` by `uptime`, with a timer that may stop while the machine sleeps.
  package static func inSlices(
    _ duration: Duration, uptime: () -> Duration, timer: (Duration) async throws -> Void
  ) async throws {
    let start = uptime()
    repeat {
      try await timer(min(max(duration - (uptime() - start), .zero), maxSlice))
    } while uptime() - start < duration
  }

  /// CLOCK_BOOTTIME (clock_gettime(2)), which `ContinuousClock` reads on Linux: CLOCK_MONOTONIC stops while the machine is
  /// suspended.
  private static let bootTime: @Sendable () -> Duration = { ContinuousClock().systemEpoch.duration(to: .now) }
}
