internal import Glibc

/// The final folder of a model, `DIRECTORY/RUN`, which is complete or absent at any moment.
struct ModelInstaller: Sendable {
  let directory: String
  let run: String
  /// Nil: any checkpoint.
  let checkpoint: String?

  private var path: String { "\(directory)/\(run)" }
  private var workPath: String { WorkFolder.path(of: run, checkpoint, in: directory) }

  /// The existing model, if it is the requested one.
  func present() -> DownloadedModel? {
    guard ModelFolder.isComplete(path), checkpoint == nil || checkpoint == ModelFolder.checkpoint(of: path) else {
      return nil
    }
    // A process that was killed just before its last step left this behind.
    if access(workPath, F_OK) == 0, let work = try? WorkFolder(workPath) { work.remove() }
    return DownloadedModel(path: path, bytes: treeBytes(path), wasThere: true)
  }

  func makeWorkFolder() throws(DownloadError) -> WorkFolder {
    try ArchiveReader.load()
    try makeDirectories(directory)
    return try WorkFolder(workPath)
  }

  /// Unpacks the archive in the work folder, checks that the model is complete, and moves it into place. Removes a useless
  /// archive, but keeps it if only space or time ran out.
  func fill(
    from subject: Journal.Subject, in work: WorkFolder, limits: Unpacker.Limits?, isWanted: @escaping () -> Bool,
    onProgress: @escaping (DownloadProgress) -> Void
  ) throws(DownloadError) -> DownloadedModel {
    do throws(DownloadError) {
      try removeTree(work.unpacked)
      try unpack(subject.file, in: work, limits, isWanted, onProgress)
      onProgress(DownloadProgress(.verifying, bytes: subject.file.total ?? 0, total: subject.file.total))
      guard ModelFolder.isComplete(work.unpacked) else { throw .archive(.noModel) }
      try mark(work.unpacked, subject)
      try syncDirectory(work.unpacked)
      try swapIn(work.unpacked, at: path)
      try syncDirectory(directory, isUsers: true)
    } catch {
      switch error {
      case .archive(.noLibrary): break
      case .archive, .damaged: work.remove()
      default: try? removeTree(work.unpacked)
      }
      throw error
    }
    work.remove()
    return DownloadedModel(path: path, bytes: treeBytes(path), wasThere: false)
  }

  private func unpack(
    _ file: RemoteFile, in work: WorkFolder, _ limits: Unpacker.Limits?, _ isWanted: @escaping () -> Bool,
    _ onProgress: @escaping (DownloadProgress) -> Void
  ) throws(DownloadError) {
    let reader = try ArchiveReader(Descriptor(work.archive, O_RDONLY), file.digest)
    var unpacker = Unpacker(
      reader, into: work.unpacked, limits: limits ?? Unpacker.Limits(archive: file.total ?? 0), isWanted: isWanted,
      onProgress: { onProgress(DownloadProgress(.unpacking, bytes: $0, total: file.total)) })
    do throws(DownloadError) {
      try unpacker.unpack()
    } catch {
      // If the archive was damaged in transit, report that instead of a fault in its contents.
      if case .archive = error, try !reader.isAsExpected() { throw .damaged("its checksum doesn't match the server's") }
      throw error
    }
    guard try reader.isAsExpected() else { throw .damaged("its checksum doesn't match the server's") }
  }

  private func mark(_ folder: String, _ subject: Journal.Subject) throws(DownloadError) {
    let file = try Descriptor("\(folder)/\(ModelFolder.markerName)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    let bytes = ModelFolder.marker(checkpoint: subject.checkpoint, archive: subject.file)
    let failure = bytes.withUnsafeBytes { file.write($0, at: 0) }
    guard failure == 0 else { throw .disk(path: file.path, number: failure) }
    try file.check(fsync(file.number))
  }
}
