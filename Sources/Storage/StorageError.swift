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
  /// The file has several names, and another process has it open under another one, beside which its log lies.
  case otherName(path: String, processID: String)
  /// A command wants to write, but the state is of an earlier version, and a watcher of that version holds it.
  case older(path: String, processID: String)
  /// The state would lie on a file system that a network is behind; `kind` names that.
  case networkDisk(path: String, kind: String)
  /// Another program has had the state locked for writing for too long.
  case busy(path: String, processID: String?)
  /// A file of the state was removed or replaced while it was in use.
  case gone(path: String, file: String)
  /// The same of its log alone, and what was in it has been saved.
  case logGone(path: String, file: String)
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
    case .otherName(let path, let id):
      "the state \(path) is in use under another name of the same file (a hard link) by process \(id); name it as that does"
    case .older(let path, let id):
      "the state \(path) was written by an earlier version of vi-notify, which watches with it as process \(id); "
        + "restart the watcher with this version first, or use the earlier version for this command, too"
    case .networkDisk(let path, let kind):
      "the state \(path) would lie on a network disk (\(kind)), where SQLite can lose or damage it; "
        + "name a file on a disk of this machine with --state FILE"
    case .busy(let path, let id):
      "the state \(path) is locked for writing by \(id.map { "process \($0)" } ?? "another program"), and stayed so; "
        + "end that, and start again: nothing was lost"
    case .gone(let path, let file):
      "the state \(path) can't be used any more: \(file) was removed or replaced while it was in use; nothing more is sent. "
        + "Put the file back before the next start, or what ended meanwhile may not be told"
    case .logGone(let path, let file):
      "the state \(path) can't be used any more: its log \(file) was removed while it was in use; "
        + "what was in it has been saved, start again"
    case .failed(let path, let why):
      "the state \(path) can't be read or written: \(why); nothing was lost, start again when that is mended"
    case .notClaimed(let id): "the delivery \(id) is not claimed by this attempt"
    }
  }
}
