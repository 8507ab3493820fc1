internal import Runs

/// What stays free although some process could take it. A process with another rules file counts among those that share, but knows only its own
/// targets: while a new file reaches one process after the other, the parts of all of them may not come to all targets. Whoever wants such a
/// target takes it after a while, beyond its part, and keeps it until it wants something else or ends.
struct LoneTargets: Sendable {
  /// Twice the time between two looks of a process: by then everybody has looked who wanted it.
  static let patience: Duration = .seconds(10)

  /// By lease and uptime.
  private var freeSince: [String: Duration] = [:]
  private var taken: Set<String> = []
  private var wanted: Set<String> = []

  /// Those that this process takes, or has taken, beyond its part.
  ///
  /// - Parameters:
  ///   - wanted: all that this process knows.
  ///   - free: those of them that nobody has.
  ///   - held: those of them that this process has.
  mutating func note(wanted: Set<String>, free: Set<String>, held: Set<String>, at uptime: Duration) -> Set<String> {
    if wanted != self.wanted { (self.wanted, taken, freeSince) = (wanted, [], [:]) }
    taken.formIntersection(held.union(free))
    freeSince = freeSince.filter { free.contains($0.key) }
    for lease in free where freeSince[lease] == nil { freeSince[lease] = uptime }
    taken.formUnion(freeSince.filter { uptime - $0.value >= Self.patience }.keys)
    return taken
  }
}
