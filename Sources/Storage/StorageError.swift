/// What can go wrong with the state. `description` is a clause with what to do.
package enum StorageError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file or its directory can't be made or opened.
  case cannotOpen(path: String, why: String)
  /// The file is no state, or a part of it is missing or wrong.
  case damaged(path: String, why: String)
  /// A later version of this program has written the state.
  case newer(path: String)
  /// There is no state at this path, and the command only reads.
  case missing(path: String)
  /// Another process watches with this state.
  case held(path: String, processID: String)
  /// A read or write failed: a full disk, a damaged file.
  case failed(path: String, why: String)
  /// A delivery was settled that is not claimed with this attempt: a mistake of ours, never of the user's.
  case notClaimed(String)

  package var description: String {
    switch self {
    case .cannotOpen(let path, let why):
      "the state \(path) can't be opened: \(why); name another with --state FILE, or make it and its directory writable"
    case .damaged(let path, let why):
      "the state \(path) is damaged or is no state: \(why); put a copy in its place, or move it away and start anew"
    case .newer(let path):
      "the state \(path) was written by a later version of vi-notify; use that version, or name another with --state FILE"
    case .missing(let path): "there is no state at \(path) yet; name it with --state FILE, or run watch first"
    case .held(let path, let processID):
      "the state \(path) is held by process \(processID), which watches already; stop it, or name another with --state FILE"
    case .failed(let path, let why):
      "the state \(path) can't be read or written: \(why); nothing was lost, start again when that is mended"
    case .notClaimed(let id): "the delivery \(id) is not claimed by this attempt"
    }
  }
}
