internal import Storage

/// What can only happen to a state that is a file.
extension StorageError {
  /// The file has several names, and another process has it open under another one, beside which its log lies.
  static func otherName(path: String, processID: String) -> StorageError {
    .unusable(
      state: path,
      why: "is in use under another name of the same file (a hard link) by process \(processID); name it as that does")
  }

  /// The state would lie on a file system that a network is behind; `kind` names that.
  static func networkDisk(path: String, kind: String) -> StorageError {
    .unusable(
      state: path,
      why: "would lie on a network disk (\(kind)), where SQLite can lose or damage it; "
        + "name a file on a disk of this machine with --state FILE")
  }

  /// A file of the state was removed or replaced while it was in use.
  static func gone(path: String, file: String) -> StorageError {
    .unusable(
      state: path,
      why: "can't be used any more: \(file) was removed or replaced while it was in use; nothing more is sent. "
        + "Put the file back before the next start, or what ended meanwhile may not be told")
  }

  /// The same of its log alone, and what was in it has been saved.
  static func logGone(path: String, file: String) -> StorageError {
    .unusable(
      state: path,
      why: "can't be used any more: its log \(file) was removed while it was in use; "
        + "what was in it has been saved, start again")
  }
}
