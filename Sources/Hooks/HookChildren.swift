import CProcess
import Glibc
import Locking

/// Tells the children that hooks have as their first process from those that we inherit: as the first process of a container, or
/// where somebody has made us responsible, every process whose parent has ended becomes ours, and stays as a zombie until we
/// have asked how it ended.
///
/// Nobody else's end is taken: a child that a thread of ours has started, and whose number it may not have noted yet, can't be
/// there while orphans are reaped, for both happen under one lock; and what is noted is left to the thread that stays with it.
final class HookChildren: Sendable {
  private struct State {
    /// Threads that are just starting something.
    var starting = 0
    var known: Set<pid_t> = []
  }

  private let inheritsOrphans = cprocess_inherits_orphans()
  private let state = Locked(State())

  /// - Parameters:
  ///   - start: starts processes, and has reaped all of them but one when it returns.
  ///   - leader: that one; nil: there is none.
  func starting<Started>(_ start: () -> Started, leader: (Started) -> pid_t?) -> Started {
    state.withLock { $0.starting += 1 }
    let started = start()
    let leader = leader(started)
    state.withLock { state in
      state.starting -= 1
      if let leader { state.known.insert(leader) }
    }
    return started
  }

  /// After it was reaped.
  func ended(_ leader: pid_t) { state.withLock { _ = $0.known.remove(leader) } }

  /// Reaps what we have inherited and what has ended. While something is being started nothing is done: the next look does it.
  func reapOrphans() {
    guard inheritsOrphans else { return }
    state.withLock { state in
      guard state.starting == 0 else { return }
      while let process = Self.anyDeadChild() {
        // The kernel names this one again and again, until the thread that stays with it has seen to it.
        if state.known.contains(process) { return Self.reapOthers(than: state.known) }
        waitpid(process, nil, WNOHANG)
      }
    }
  }

  /// Not reaped by this.
  private static func anyDeadChild() -> pid_t? {
    var info = siginfo_t()
    guard waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0, info.si_signo != 0 else { return nil }
    return info._sifields._sigchld.si_pid
  }

  private static func reapOthers(than known: Set<pid_t>) {
    let ourselves = getpid()
    ProcessTable.look { entry in
      if entry.parent == ourselves, entry.hasEnded, !known.contains(entry.process) {
        waitpid(entry.process, nil, WNOHANG)
      }
      return true
    }
  }
}
