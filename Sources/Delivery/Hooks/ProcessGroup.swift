import Glibc

/// The processes that a hook is made of: its first process, which leads the group, and those it left in the group.
///
/// Only to be used while the leader has not been reaped: until then neither its id nor the group's can be given to a
/// stranger. A process that leaves the group on purpose (`setsid`) is out of reach; systemd's control group is there for it.
struct ProcessGroup {
  let leader: pid_t

  /// Sends a signal to every process of the group.
  func send(_ signal: Int32) {
    // A leader may have moved itself into another group: then this group is empty, and the leader is told by its own id.
    if kill(-leader, signal) != 0 { kill(leader, signal) }
  }

  /// Whether the leader has ended; it is left to be reaped by whoever started it.
  var leaderHasEnded: Bool {
    var info = siginfo_t()
    while waitid(P_PID, id_t(leader), &info, WEXITED | WNOHANG | WNOWAIT) != 0 {
      if errno != EINTR { return true }
    }
    // With WNOHANG and nothing to tell, waitid leaves the signal number at zero.
    return info.si_signo != 0
  }

  /// Whether any process of the group runs.
  ///
  /// `kill(-group, 0)` can't tell, for it counts the leader that is not reaped yet; so `/proc` is read: some milliseconds on
  /// a machine with a thousand processes. Where there is no `/proc` the answer is no.
  var hasLivingMember: Bool {
    guard let directory = opendir("/proc") else { return false }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let process = pid_t(name), isLivingMember(process) { return true }
    }
    return false
  }

  /// Waits until nothing of the group runs any more, after KILL: milliseconds, unless the kernel holds a process in a
  /// system call, which then is not waited for beyond a second.
  func waitUntilGone() {
    let limit = ContinuousClock.now + .seconds(1)
    while hasLivingMember, ContinuousClock.now < limit { poll(nil, 0, 2) }
  }

  /// `/proc/PID/stat` is `pid (name) state parent group …`, and the name may itself hold blanks and parentheses.
  private func isLivingMember(_ process: pid_t) -> Bool {
    let file = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    let line = [UInt8](unsafeUninitializedCapacity: 512) { buffer, count in
      count = max(0, read(file, buffer.baseAddress, buffer.count))
    }
    guard let nameEnd = line.lastIndex(of: UInt8(ascii: ")")) else { return false }
    let fields = line[(nameEnd + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 3)
    guard fields.count > 2, let state = fields[0].first else { return false }
    let ended = state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")
    return !ended && String(decoding: fields[2], as: UTF8.self) == String(leader)
  }
}
