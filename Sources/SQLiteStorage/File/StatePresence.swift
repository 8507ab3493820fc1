import Glibc

/// Whether the files that SQLite has open are still those that their names lead to. SQLite itself goes on with a file that has
/// no name any more, and what it then writes is nobody's.
struct StatePresence: Sendable, Equatable {
  enum Fault: Sendable, Equatable {
    /// The state, its log or the log's index has gone, or another file is in its place.
    case gone(path: String)
    /// The log alone has gone: what is in it can still be brought into the state.
    case logGone(path: String)
  }

  private let path: String
  private let state: FileIdentity
  private let log: FileIdentity
  private let index: FileIdentity
  private let place: String

  /// To be made when SQLite has the state and its log open. Nil when they aren't there already.
  ///
  /// - Parameters:
  ///   - path: as the user named it.
  ///   - place: where that leads.
  init?(path: String, place: String) {
    guard let state = FileIdentity(path: path), let log = FileIdentity(path: place + "-wal"),
      let index = FileIdentity(path: place + "-shm")
    else { return nil }
    (self.path, self.place, self.state, self.log, self.index) = (path, place, state, log, index)
  }

  func isOf(_ identity: FileIdentity) -> Bool { state == identity }

  /// Three questions to the kernel, some microseconds. What can't be looked at counts as there: that is no answer.
  func fault() -> Fault? {
    for (path, identity) in [(path, state), (place + "-shm", index)] where !isThere(path, identity) {
      return .gone(path: path)
    }
    let logPath = place + "-wal"
    if isThere(logPath, log) { return nil }
    return FileIdentity(path: logPath) == nil ? .logGone(path: logPath) : .gone(path: logPath)
  }

  private func isThere(_ path: String, _ identity: FileIdentity) -> Bool {
    guard let found = FileIdentity(path: path) else { return errno != ENOENT && errno != ENOTDIR && errno != ELOOP }
    return found == identity
  }
}
