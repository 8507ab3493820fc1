/// What can go wrong with the state. `description` is a clause with what to do.
///
/// A state is named as the user named it, without a password. What can only happen to one kind of store is ``unusable``, in
/// that store's words.
package enum StorageError: Error, Sendable, Equatable, CustomStringConvertible {
  /// There is no store of this kind in this build; `scheme` is what stands before `://`.
  case noSuchStore(scheme: String)
  /// The state can't be made or opened.
  case cannotOpen(state: String, why: String)
  /// It is no state, or a part of it is missing or wrong.
  case damaged(state: String, why: String)
  /// A row holds what no version of this program can have written there. `row` is its table and its id.
  case unreadable(state: String, row: String, column: String)
  /// A later version of this program has written the state.
  case newer(state: String)
  /// There is no state there, and the command only reads.
  case missing(state: String)
  /// Another process watches with this state.
  case held(state: String, processID: String)
  /// This process has watched with the state until another took over; `by` is nil when that one has ended meanwhile.
  case lost(state: String, by: String?)
  /// A command wants to write, but the state is of an earlier version, and a watcher of that version holds it.
  case older(state: String, processID: String)
  /// Another program has had the state locked for writing for too long.
  case busy(state: String, processID: String?)
  /// Where or how the state is kept won't do. `why` completes a sentence that begins with the state, and says what to do.
  case unusable(state: String, why: String)
  /// A read or write failed: a full disk, a damaged file.
  case failed(state: String, why: String)
  /// A delivery was settled that is not claimed with this attempt: a mistake of ours, never of the user's.
  case notClaimed(String)

  package var description: String {
    switch self {
    case .noSuchStore(let scheme):
      "this version of vi-notify can't keep its state in \(scheme)://…; name a file on a disk of this machine with --state FILE"
    case .cannotOpen(let state, let why):
      "the state \(state) can't be opened: \(why); name another with --state FILE, or make it and its directory writable"
    case .damaged(let state, let why):
      "the state \(state) is damaged or is no state: \(why); put a copy in its place, or move it away and start anew"
    case .unreadable(let state, let row, let column):
      "the state \(state) is damaged: \(column) of \(row) can't be read; put a copy in its place, or move it away and start anew"
    case .newer(let state):
      "the state \(state) was written by a later version of vi-notify; use that version, or name another with --state FILE"
    case .missing(let state): "there is no state at \(state) yet; name it with --state FILE, or run watch first"
    case .held(let state, let processID):
      "the state \(state) is held by process \(processID), which works with it already; stop it, or name another with --state FILE"
    case .lost(let state, let by):
      "another process\(by.map { ", \($0)," } ?? "") has taken over the state \(state) while this one stood still or couldn't "
        + "reach it; nothing more is sent from here; start it again, and it does its part beside the others"
    case .older(let state, let id):
      "the state \(state) was written by an earlier version of vi-notify, which works with it as process \(id); "
        + "restart the watcher with this version first, or use the earlier version for this command, too"
    case .busy(let state, let id):
      "the state \(state) is locked for writing by \(id.map { "process \($0)" } ?? "another program"), and stayed so; "
        + "end that, and start again: nothing was lost"
    case .unusable(let state, let why): "the state \(state) \(why)"
    case .failed(let state, let why):
      "the state \(state) can't be read or written: \(why); nothing was lost, start again when that is mended"
    case .notClaimed(let id): "the delivery \(id) is not claimed by this attempt"
    }
  }
}
