import Glibc

/// The processes that a hook is made of: its first process, which leads the group, and those it left in the group.
///
/// Signals are only to be sent while the leader has not been reaped: until then neither its id nor the group's can be given to
/// a stranger. A process that leaves the group on purpose (`setsid`) is out of reach; systemd's control group is there for it.
struct ProcessGroup {
  enum LeaderEnd: Sendable, Equatable {
    case exited(Int32)
    case signalled(Int32)
    /// Somebody else has reaped it.
    case unknown
  }

  let leader: pid_t

  /// Sends a signal to every process of the group.
  func send(_ signal: Int32) {
    // A leader may have moved itself into another group: then this group is empty, and the leader is told by its own id.
    if kill(-leader, signal) != 0 { kill(leader, signal) }
  }

  /// How the leader ended; nil while it runs. It is not reaped by this.
  var leaderEnd: LeaderEnd? {
    var info = siginfo_t()
    while waitid(P_PID, id_t(leader), &info, WEXITED | WNOHANG | WNOWAIT) != 0 {
      if errno != EINTR { return .unknown }
    }
    // With WNOHANG and nothing to tell, waitid leaves the signal number at zero.
    guard info.si_signo != 0 else { return nil }
    let status = info._sifields._sigchld.si_status
    return info.si_code == CLD_EXITED ? .exited(status) : .signalled(status)
  }

  /// Waits for the leader's end. After this the group's number may be another's.
  func reapLeader() {
    while waitpid(leader, nil, 0) < 0, errno == EINTR {}
  }

  /// Waits until nothing of the group runs any more, after KILL and the leader's reaping: milliseconds, unless the kernel holds
  /// a process in a system call, which then is not waited for beyond a second.
  ///
  /// Signal 0 is none: should the number be another's already, this waits for nothing and does no harm.
  func waitUntilGone() {
    let limit = ContinuousClock.now + .seconds(1)
    while kill(-leader, 0) == 0 {
      // A dead process that its parent does not reap counts for the kernel.
      let isAlive = hasLivingMember
      // Whoever is a container's first process inherits its orphans, and nobody else would reap them.
      while waitpid(-leader, nil, WNOHANG) > 0 {}
      guard isAlive, ContinuousClock.now < limit else { return }
      poll(nil, 0, 2)
    }
  }

  /// Whether any process of the group runs.
  ///
  /// `kill(-group, 0)` can't tell, for it counts the dead that are not reaped yet. Where there is no `/proc` the answer is no.
  var hasLivingMember: Bool {
    ProcessTable.contains { !$0.hasEnded && $0.group == leader }
  }
}
