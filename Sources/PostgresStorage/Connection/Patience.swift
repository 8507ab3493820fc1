import Glibc
internal import Locking
internal import Runs

/// How long this process waits for a server that is away: for as long as it takes, until the process is to end.
final class Patience: Sendable {
  /// From then on, for a call or a server that is away.
  static let lastWait: Duration = .seconds(2)
  /// It is said then that we wait, and again after each ``pause``.
  private static let silence: Duration = .seconds(3)
  private static let pause: Duration = .seconds(30)

  private struct State {
    /// By the uptime; nil: nobody wants to end.
    var endingSince: Duration?
    var toldAt: Duration?
  }

  private let state = Locked(State())
  private let onWait: @Sendable () -> Void

  init(onWait: @escaping @Sendable () -> Void) {
    self.onWait = onWait
  }

  func shorten() {
    state.withLock { $0.endingSince = $0.endingSince ?? TimeSource.system.uptime() }
  }

  /// When a call that began at `start` is given up, by the uptime.
  func deadline(of start: Duration, limit: Duration) -> Duration {
    guard let ending = state.withLock({ $0.endingSince }) else { return start + limit }
    return min(start + limit, max(start, ending) + Self.lastWait)
  }

  /// Waits a moment, and says after some seconds that it does. False: it has been too long.
  ///
  /// - Parameters:
  ///   - start: when the waiting began, by the uptime.
  ///   - limit: in all; nil: for as long as it takes.
  func wait(_ pause: Duration, since start: Duration, limit: Duration?) -> Bool {
    let end = TimeSource.system.uptime() + pause
    while true {
      let now = TimeSource.system.uptime()
      if let limit, now - start >= limit { return false }
      if let ending = state.withLock({ $0.endingSince }), now - max(start, ending) >= Self.lastWait { return false }
      tell(since: start, at: now)
      if now >= end { return true }
      poll(nil, 0, Int32(clamping: max(1, min(end - now, .milliseconds(100)).milliseconds)))
    }
  }

  private func tell(since start: Duration, at now: Duration) {
    guard now - start >= Self.silence else { return }
    let tells = state.withLock { state in
      if let toldAt = state.toldAt, now - toldAt < Self.pause { return false }
      state.toldAt = now
      return true
    }
    if tells { onWait() }
  }
}

/// Between two tries: 0.1 s, doubling to 5 s, each a fifth shorter or longer by chance, so that many processes don't come at once.
struct Backoff {
  private var pause: Duration = .milliseconds(100)

  mutating func next() -> Duration {
    defer { pause = min(pause * 2, .seconds(5)) }
    return pause * Double.random(in: 0.8...1.2)
  }
}
