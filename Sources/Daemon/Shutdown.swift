internal import Locking
internal import Runs

/// How a process comes to its end: who asks for it, and what is to be said then.
///
/// Services end when their group asks them to and not before: one that returns by itself while others are being ended would cut
/// these off. Whoever has reason to end the process asks here, and waits like the others.
final class Shutdown: Sendable {
  private struct State {
    var trigger: @Sendable () async -> Void = {}
    var isStopped = false
    var failure: (any Error)?
  }

  private let state = Locked(State())

  /// - Parameter trigger: begins the graceful end of the group.
  func bind(_ trigger: @escaping @Sendable () async -> Void) {
    state.withLock { $0.trigger = trigger }
  }

  /// Everything is done.
  func request() async {
    await state.withLock { $0.trigger }()
  }

  /// Somebody wants it to end, whatever there is to do.
  func stop() async {
    state.withLock { $0.isStopped = true }
    await request()
  }

  var isStopped: Bool { state.withLock { $0.isStopped } }

  /// To be thrown when everything has ended; the last one counts, nil takes it back.
  func fail(with failure: (any Error)?) {
    state.withLock { $0.failure = failure }
  }

  func check() throws {
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }
}
