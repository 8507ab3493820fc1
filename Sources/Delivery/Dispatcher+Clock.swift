internal import Locking
internal import Logging
internal import Rules
internal import Runs
internal import Storage

/// What is done when somebody sets the wall clock under a running process.
extension Dispatcher {
  /// How long others may take to write down what they began by the clock as it was.
  private static let patience: Duration = .seconds(5)

  /// Before anything is decided. In memory all changes at once, and the store does one thing after the other: what was to be
  /// written before is moved there, and what is written after is right already.
  func followClock() async throws {
    guard let step = clock.step else { return try await hurry() }
    clock.follow(step)
    for name in queues.keys { queues[name]?.move(by: step) }
    ended.move(by: step)
    nextDue = nextDue.map { $0 + step }
    log.warning(
      "the clock of this machine was set; what waits is moved with it",
      metadata: ["by": "\(step < .zero ? "-" : "")\((step < .zero ? .zero - step : step).words)"])
    try await store.reanchor(ClockChange(step: step), to: clock.reading)
    clock.hasMoved()
    try await requiet()
    hurryAt = clock.uptime + Self.patience
    hasNews.withLock { $0 = true }
  }

  /// What others wrote by the old clock while we were at it.
  private func hurry() async throws {
    guard let hurryAt, clock.uptime >= hurryAt else { return }
    self.hurryAt = nil
    try await store.hurry(at: time.now())
    hasNews.withLock { $0 = true }
  }

  /// Quiet hours are hours of the wall clock, and of the rules file as it is now.
  func requiet() async throws {
    let now = time.now()
    try await store.requiet(configuration.destinations.mapValues { $0.common.quiet?.end(at: now) }, at: now)
  }
}
