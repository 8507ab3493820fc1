import CProcess
import Glibc
import Locking

/// Ends what hooks have running when we are gone, also by KILL, which leaves nobody the time to clear up.
///
/// One small process, started before the first hook and no child of ours, waits for our end; then it sends TERM to the group of
/// every hook that runs, and KILL to what is left after the grace. (The signal that a child can ask for at its parent's death
/// reaches the leader alone; it is asked for as well, should the guard be killed too.) The groups are noted in memory that both
/// share, by the hook's first process itself before it executes: there is no moment without a note, nothing waits for the
/// guard, and a new guard knows what the one before knew.
///
/// `@unchecked`: the pointer never changes, and what it points to are atomics.
final class HookGuard: @unchecked Sendable {
  private struct State {
    /// The guard lives as long as somebody holds this; -1: there is none.
    var line: Int32 = -1
    var failure: Int32?
    var isTold = false
  }

  /// Nil: there is no memory.
  let groups: OpaquePointer?
  private let grace: Int32
  private let start: Start
  private let state = Locked(State())

  /// Starts a guard over these groups with this grace (ms). Returns its line, or -1 and `errno`.
  typealias Start = @Sendable (_ groups: OpaquePointer, _ grace: Int32) -> Int32

  /// - Parameters:
  ///   - grace: from TERM to KILL; more than a day is a day.
  ///   - start: replaced where a test forces a failure.
  init(grace: Duration, start: @escaping Start = { cprocess_guard_start($0, $1, "vi-notify-guard") }) {
    self.start = start
    self.grace = Int32(max(.zero, min(grace, .seconds(86_400))) / .milliseconds(1))
    groups = cprocess_groups_make()
  }

  deinit {
    state.withLock { if $0.line >= 0 { close($0.line) } }
    if let groups { cprocess_groups_free(groups) }
  }

  /// A place for the note of one group, under a guard that lives. Nil: the hook runs unguarded.
  func take() -> Int32? {
    guard let groups else { return nil }
    state.withLock { state in
      if state.line >= 0, cprocess_guard_lives(state.line) { return }
      if state.line >= 0 { close(state.line) }
      state.line = start(groups, grace)
      if state.line < 0 { state.failure = errno }
    }
    let place = cprocess_groups_take(groups)
    return place < 0 ? nil : place
  }

  /// After the last signal to the group, and before its leader is reaped.
  func leave(_ place: Int32?) {
    if let groups, let place { cprocess_groups_clear(groups, place) }
  }

  /// Why no guard could be started; nil when one could, and when this was asked before.
  func failureToTell() -> String? {
    state.withLock { state in
      guard let failure = state.failure, !state.isTold else { return nil }
      state.isTold = true
      return String(cString: strerror(failure))
    }
  }

  /// The guard's own process; nil: none was ever started.
  var processID: pid_t? {
    let process = groups.map(cprocess_groups_guard) ?? 0
    return process > 0 ? process : nil
  }
}
