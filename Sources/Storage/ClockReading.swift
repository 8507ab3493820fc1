internal import Glibc
package import Runs

/// What the clocks showed at one moment: kept in the state, so that the next process knows what happened to them meanwhile.
package struct ClockReading: Sendable, Equatable {
  /// Which start of the machine; empty: not known, and then no two are the same.
  package let boot: String
  /// Since that start, with the time in which the machine was asleep.
  package let uptime: Duration
  /// By the state's clock.
  package let wall: Timestamp
  /// How far the API's clock was ahead of it; nil: not known.
  package let sourceAhead: Duration?

  package init(boot: String, uptime: Duration, wall: Timestamp, sourceAhead: Duration? = nil) {
    self.boot = boot
    self.uptime = uptime
    self.wall = wall
    self.sourceAhead = sourceAhead
  }

  /// `boot_id` (random(4)), and, where this is a container with an uptime of its own, by how much that differs
  /// (time_namespaces(7)).
  package static let thisBoot: String = {
    let boot = readLine("/proc/sys/kernel/random/boot_id")
    let offset = readFile("/proc/self/timens_offsets").split(separator: "\n").first { $0.hasPrefix("boottime") }
    return boot.isEmpty ? "" : boot + (offset.map { $0.filter { $0 != " " } } ?? "")
  }()

  private static func readLine(_ path: String) -> String {
    String(readFile(path).prefix { $0 != "\n" })
  }

  /// The first 4 KiB; empty when it can't be read.
  private static func readFile(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    let bytes = [UInt8](unsafeUninitializedCapacity: 4_096) { buffer, count in
      count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// By how much the moments in a state must be moved, because the clock by which they were written has been set since.
package struct ClockChange: Sendable, Equatable {
  /// When something is due.
  package var moments: Duration = .zero
  /// Since when something has been tried: what is added here doesn't count as time in which it was.
  package var ages: Duration = .zero
  /// What may be no more than a clock that was set, to those who forget what is old.
  package var retention: Duration = .zero

  package static let none = ClockChange()

  /// The clock was set by as much, and no time has passed by it.
  package init(step: Duration) {
    (moments, ages, retention) = (step, step, step)
  }

  package init() {}

  /// What has happened between the last process and this one.
  ///
  /// - In the same start of the machine the uptime tells exactly how much time has passed; the rest is a step.
  /// - After another start nobody knows how long the machine was off. A clock that shows less than it did has been set: it is
  ///   taken as if no time had passed. One that shows more may be right, so what is due then is due; but nothing gets older by
  ///   that alone, for it may as well be wrong by years.
  package init(from saved: ClockReading?, to now: ClockReading) {
    self.init()
    guard let saved else { return }
    if !saved.boot.isEmpty, saved.boot == now.boot, saved.uptime <= now.uptime {
      let step = now.wall - (saved.wall + (now.uptime - saved.uptime))
      if Self.isMuch(step) { self = ClockChange(step: step) }
      return
    }
    let gap = now.wall - saved.wall
    guard Self.isMuch(gap) else { return }
    if gap > .zero {
      (ages, retention) = (gap, Self.doubtful(gap, saved.sourceAhead))
    } else if !saved.boot.isEmpty {
      self = ClockChange(step: gap)
    }
  }

  /// How much of a gap may be the correction of a clock that was behind when the last process wrote.
  private static func doubtful(_ gap: Duration, _ sourceAhead: Duration?) -> Duration {
    guard let sourceAhead else { return gap }
    return sourceAhead < .seconds(86_400) ? .zero : min(gap, sourceAhead)
  }

  private static func isMuch(_ step: Duration) -> Bool {
    step > StateClock.tolerance || step < .zero - StateClock.tolerance
  }
}
