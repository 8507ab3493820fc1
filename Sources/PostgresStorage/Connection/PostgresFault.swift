/// Why a statement was not carried out, or isn't known to have been.
enum PostgresFault: Error, Equatable {
  /// There is no connection, or not any more; or an answer took too long, and the connection was given up.
  case away(why: String)
  /// The server refused. `state` is the SQLSTATE (PostgreSQL's manual, appendix A); `message` is the primary one, which
  /// repeats no values of ours: those are in its details.
  case refused(state: String, message: String)

  /// How to go on.
  enum Remedy {
    /// The same may succeed at once: others were in the way.
    case again
    /// The server is away or can't do anything at this moment: wait for it.
    case wait
    /// It would fail again.
    case none
  }

  var remedy: Remedy {
    guard case .refused(let state, _) = self else { return .wait }
    switch state {
    // Serialization, deadlock, a lock that wasn't to be had in time.
    case "40001", "40P01", "55P03": return .again
    case let state where Self.isOfKept(state): return .again
    // What runs was cancelled; a failover has made the server a standby; a transaction that stood still was ended.
    case "57014", "25006", "25P03", "57P05": return .wait
    default: break
    }
    // Connections; a shutdown; no room, memory or connections; the disk.
    return ["08", "57", "53", "58"].contains { state.hasPrefix($0) } ? .wait : .none
  }

  /// A statement that the session was to keep isn't there, or is there already: the session is not ours alone.
  static func isOfKept(_ state: String) -> Bool { state == "26000" || state == "42P05" }

  /// A clause for people.
  var why: String {
    switch self {
    case .away(let why): why
    case .refused(let state, let message): "\(message) (SQLSTATE \(state))"
    }
  }
}
