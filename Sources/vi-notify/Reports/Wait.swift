import Runs

/// Why something waits, and until when.
enum Wait: Equatable {
  /// The rules file doesn't have its destination.
  case missing(String)
  /// The destination asked to be left alone for good.
  case stopped(since: Timestamp, reason: String, nextProbe: Timestamp?)
  /// The destination asked for a pause.
  case held(until: Timestamp)
  case failing(failures: Int, nextProbe: Timestamp?)
  /// The message was made for another type of destination; says what to do.
  case form(String)
  /// A delivery of an earlier event of its run.
  case order(behind: String)
  case quiet(until: Timestamp)
  /// Its own back-off.
  case retry(at: Timestamp)
  case digest(until: Timestamp, events: Int)
  case underWay
  /// It is due, and the destination has a pace.
  case pace(String)
  /// It is due, and nobody is there to send it.
  case noWatcher
  /// It is due.
  case turn

  /// - Parameter at: how a moment is written.
  func words(_ at: (Timestamp) -> String) -> String {
    func probe(_ next: Timestamp?) -> String { next.map { ", next probe \(at($0))" } ?? "" }
    return switch self {
    case .missing(let name): "destination \(name) is not in the rules file"
    case .stopped(_, let reason, let next): "stopped: \(reason)\(probe(next))"
    case .held(let until): "held until \(at(until))"
    case .failing(_, let next): "failing\(probe(next))"
    case .form(let words): words
    case .order(let id): "behind \(id), of an earlier event of its run"
    case .quiet(let until): "quiet hours until \(at(until))"
    case .retry(let moment): "next attempt \(at(moment))"
    case .digest(let until, let events):
      "digest until \(at(until)), \(events == 1 ? "1 event" : "\(events) events") so far"
    case .underWay: "under way"
    case .pace(let pace): "its turn at the destination's pace, \(pace)"
    case .noWatcher: "a watcher: none is running"
    case .turn: "its turn"
    }
  }

  /// For a table that has the moment in another column.
  ///
  /// - Parameter reason: why the last attempt failed.
  func brief(_ reason: String?) -> String {
    let why = reason.map { ": \($0)" } ?? ""
    return switch self {
    case .missing: "not in the rules file"
    case .stopped(_, let reason, _): "stopped: \(reason)"
    case .held: "held\(why)"
    case .failing: "failing\(why)"
    case .form(let words): words
    case .order(let id): "behind \(id)"
    case .quiet: "quiet hours"
    case .retry: reason ?? "next attempt"
    case .digest(_, let events): "digest, \(events == 1 ? "1 event" : "\(events) events")"
    case .underWay: "under way"
    case .pace(let pace): "its turn, \(pace)"
    case .noWatcher: "no watcher runs"
    case .turn: "its turn"
    }
  }

  /// When it may be over; nil: unknown.
  var until: Timestamp? {
    switch self {
    case .held(let moment), .quiet(let moment), .retry(let moment), .digest(let moment, _): moment
    case .stopped(_, _, let next), .failing(_, let next): next
    case .missing, .form, .order, .underWay, .pace, .noWatcher, .turn: nil
    }
  }
}
