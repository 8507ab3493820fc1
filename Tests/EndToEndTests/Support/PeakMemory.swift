import FoundationEssentials
import Glibc
import Locking

/// The most memory that each of several processes ever held. Asked for again and again while they live: nobody knows it of a
/// process that a signal has ended.
final class PeakMemory: Sendable {
  private struct State: Sendable {
    var living: Set<pid_t> = []
    /// kB, of all there were.
    var highest = 0
  }

  private let state = Locked(State())

  /// MB.
  var highest: Int { state.withLock { $0.highest / 1_024 } }

  func watch(_ process: pid_t) {
    state.withLock { _ = $0.living.insert(process) }
  }

  func forget(_ process: pid_t) {
    look()
    state.withLock { _ = $0.living.remove(process) }
  }

  func look() {
    for process in state.withLock(\.living) {
      guard let peak = Self.peak(of: process) else { continue }
      state.withLock { $0.highest = max($0.highest, peak) }
    }
  }

  /// kB. `VmHWM` is of the program as it runs now; what `wait4` tells would count what it was forked from.
  private static func peak(of process: pid_t) -> Int? {
    guard let status = FileManager.default.contents(atPath: "/proc/\(process)/status") else { return nil }
    let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) }
  }
}
