internal import FoundationEssentials

/// Where now comes from and how to wait: the system's clocks, or in tests a clock that is moved by hand.
package struct TimeSource: Sendable {
  package let now: @Sendable () -> Timestamp
  /// Waits so long, or throws `CancellationError` when the task is cancelled meanwhile.
  package let sleep: @Sendable (Duration) async throws -> Void

  package init(
    now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.now = now
    self.sleep = sleep
  }

  package static let system = TimeSource(
    now: { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))) },
    sleep: { try await Task.sleep(for: $0, tolerance: .zero) })
}
