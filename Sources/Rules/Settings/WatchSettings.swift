package import Runs
package import Secrets

/// `watch`: which runs are watched, and how often.
package struct WatchSettings: Sendable {
  /// Only these runs; empty: all.
  package var runs: [String] = []
  /// Between the starts of two sweeps. 100 ms to 1 d.
  package var interval: Duration = .seconds(30)
  package var since: Since = .now
  /// Only runs like these; nil: all.
  package var match: RunFilter?
  /// Between two readings of the whole list. 1 s to 1 d.
  package var fullSweep: Duration = .seconds(900)
  /// Time without a whole sweep before `sourceUnreachable` fires. 1 s to 30 d.
  package var unreachableAfter: Duration = .seconds(300)
  /// Sweeps are laid where an end is likely; `interval` is then their average distance.
  package var isAdaptive = true
  /// Asked after each whole sweep, so that somebody notices when none comes any more; nil: nobody waits for that.
  package var heartbeat: ReferenceText?
}

/// Which ended runs count on the first start.
package enum Since: Sendable, Equatable {
  case now
  case all
  case ago(Duration)
  case at(Timestamp)

  /// The moment that is meant; nil for all of time.
  package func time(before now: Timestamp) -> Timestamp? {
    switch self {
    case .now: now
    case .all: nil
    case .ago(let duration): now + .milliseconds(-duration.milliseconds)
    case .at(let time): time
    }
  }

  /// `now`, `all`, a duration, or an RFC 3339 time. Nil for anything else.
  package init?(notation text: String) {
    switch text {
    case "now": self = .now
    case "all": self = .all
    default:
      if let duration = Duration(notation: text) {
        self = .ago(duration)
      } else if let time = Timestamp(iso8601: text) {
        self = .at(time)
      } else {
        return nil
      }
    }
  }
}
