import Glibc
internal import Locking

/// How long we wait for another program that has the state locked for writing: a backup, a shell that somebody left open.
final class BusyPatience: Sendable {
  enum Step: Equatable {
    case wait(Duration)
    case giveUp
  }

  /// It is said then that we wait.
  private static let silence: Duration = .seconds(3)

  private let limit: Locked<Duration>
  private let onWait: @Sendable () -> Void

  /// - Parameter onWait: is called once for each time that takes longer than some seconds, on the thread that waits.
  init(limit: Duration, onWait: @escaping @Sendable () -> Void) {
    self.limit = Locked(limit)
    self.onWait = onWait
  }

  /// Waits for no more than this from now on.
  func shorten(to duration: Duration) { limit.withLock { $0 = min($0, duration) } }

  /// SQLite's busy handler (sqlite.org/c3ref/busy_handler.html): blocks its thread for a moment. False: given up.
  func goesOn(after tries: Int) -> Bool {
    guard case .wait(let pause) = Self.step(after: tries, limit: limit.withLock { $0 }) else { return false }
    if Self.waited(tries) < Self.silence, Self.waited(tries + 1) >= Self.silence { onWait() }
    poll(nil, 0, Int32(pause / .milliseconds(1)))
    return true
  }

  /// What to do when the lock was found taken `tries` times before.
  static func step(after tries: Int, limit: Duration) -> Step {
    waited(tries) >= limit ? .giveUp : .wait(pause(tries))
  }

  /// Short at first, for most locks are of milliseconds.
  private static func pause(_ tries: Int) -> Duration {
    let first: [Int64] = [1, 2, 5, 10, 15, 20, 25, 25, 50, 50]
    return .milliseconds(tries < first.count ? first[tries] : 100)
  }

  /// How long `tries` pauses are together.
  static func waited(_ tries: Int) -> Duration {
    // Ten short ones, 203 ms, then 100 ms each.
    tries <= 10 ? (0..<tries).reduce(.zero) { $0 + pause($1) } : .milliseconds(203 + 100 * Int64(tries - 10))
  }
}
