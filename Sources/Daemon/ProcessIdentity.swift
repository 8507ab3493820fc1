import Glibc
package import Storage

/// What the machine knows of a process by its number (proc_pid_stat(5)).
package enum ProcessSight: Sendable, Equatable {
  case runs
  /// By SIGSTOP, or under a debugger.
  case isStopped
  case isGone
  /// It is on another machine, in another container, or from before the machine was started.
  case isOutOfSight

  /// Looks for the very process that a heartbeat names.
  package init(_ process: Heartbeat.Process) {
    let ours = Heartbeat.Process.current
    guard !ours.space.isEmpty, !ours.boot.isEmpty, (process.space, process.boot) == (ours.space, ours.boot) else {
      self = .isOutOfSight
      return
    }
    guard let fields = Self.fields(of: process.id), fields.started == process.started else {
      self = .isGone
      return
    }
    self =
      switch fields.state {
      case "T", "t": .isStopped
      case "Z", "X": .isGone
      default: .runs
      }
  }

  /// Nil: there is no such process.
  fileprivate static func fields(of process: Int) -> (state: Substring, started: Int)? {
    guard let file = fopen("/proc/\(process)/stat", "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = fread(&bytes, 1, bytes.count, file)
    // The name of the program, in parentheses, may hold anything.
    let text = String(decoding: bytes[..<count], as: UTF8.self)
    guard let close = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: close)...].split(separator: " ")
    guard fields.count > 19, let started = Int(fields[19]) else { return nil }
    return (fields[0], started)
  }
}

extension Heartbeat.Process {
  /// This one.
  package static let current: Heartbeat.Process = {
    let id = Int(getpid())
    var target = [CChar](repeating: 0, count: 128)
    let count = readlink("/proc/self/ns/pid", &target, target.count)
    return Heartbeat.Process(
      id: id, started: ProcessSight.fields(of: id)?.started ?? 0,
      space: String(decoding: target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self),
      boot: ClockReading.thisBoot)
  }()
}
