internal import Glibc

/// The owner of a work folder. Its contents are unpacked as the model, so nobody else may be able to write there.
struct FolderOwner: Sendable, Equatable {
  let user: uid_t
  /// The permission bits that allow others to write.
  let writersBesides: mode_t

  init(_ status: stat) {
    (user, writersBesides) = (status.st_uid, status.st_mode & 0o022)
  }

  /// Completes "the folder …"; nil if only we can write to it.
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

  /// A foreign file system may lack owners and permissions and report the same ones for all files; then they mean nothing. Nil if
  /// a folder can't be created there.
  private static func ofNewFolder(beside path: String) -> FolderOwner? {
    let probe = "\(path).\(getpid())"
    guard mkdir(probe, 0o700) == 0 else { return nil }
    defer { rmdir(probe) }
    var status = stat()
    return lstat(probe, &status) == 0 ? FolderOwner(status) : nil
  }
}
