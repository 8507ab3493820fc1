internal import Glibc

/// Whose a work folder is. What lies in one is unpacked as the model, so nobody else may have put it there.
struct FolderOwner: Sendable, Equatable {
  let user: uid_t
  /// Of the permissions, those by which others could put something in.
  let writersBesides: mode_t

  init(_ status: stat) {
    (user, writersBesides) = (status.st_uid, status.st_mode & 0o022)
  }

  /// Completes "the folder …"; nil: it is ours alone.
  func fault(for ourselves: uid_t) -> String? {
    if user != ourselves { return "belongs to user \(user)" }
    return writersBesides == 0 ? nil : "may be written to by others"
  }

  /// - Throws: ``DownloadError/foreign(path:what:)``.
  static func check(_ folder: Descriptor) throws(DownloadError) {
    var status = stat()
    try folder.check(fstat(folder.number, &status))
    let owner = FolderOwner(status)
    guard let fault = owner.fault(for: geteuid()), owner != ofNewFolder(beside: folder.path) else { return }
    throw .foreign(path: folder.path, what: fault)
  }

  /// A disk of another system has neither owners nor permissions, and shows the same ones for all that is on it: then nothing
  /// can be told from them. Nil: no folder can be made there.
  private static func ofNewFolder(beside path: String) -> FolderOwner? {
    let probe = "\(path).\(getpid())"
    guard mkdir(probe, 0o700) == 0 else { return nil }
    defer { rmdir(probe) }
    var status = stat()
    return lstat(probe, &status) == 0 ? FolderOwner(status) : nil
  }
}
