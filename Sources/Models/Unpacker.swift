internal import CArchive
internal import CDisk
internal import Glibc

/// Unpacks an archive into a folder: only files and directories, whatever else the archive contains. The result is durable
/// on return.
///
/// It doesn't use libarchive's disk writer with its secure flags. Links, devices and owners are refused before anything is
/// created, so those flags would have no effect, and every file is created below a directory that was opened without following
/// links.
struct Unpacker {
  /// Limits of the unpacked size.
  struct Limits: Sendable, Equatable {
    var bytes: Int64
    var entries = 100_000

    init(bytes: Int64, entries: Int = 100_000) {
      self.bytes = bytes
      self.entries = entries
    }

    /// Weights hardly compress. A model may be twenty times as large as its archive, and a small one up to 1 GiB.
    init(archive: Int64) {
      let (product, overflow) = archive.multipliedReportingOverflow(by: 20)
      bytes = overflow ? .max : max(1 << 30, product)
    }
  }

  let reader: ArchiveReader
  let folder: String
  let limits: Limits
  let isWanted: () -> Bool
  let onProgress: (_ position: Int64) -> Void
  private var entries = 0
  private var bytes: Int64 = 0
  private var directories: Set<String> = []

  /// - Parameters:
  ///   - folder: doesn't exist yet.
  ///   - onProgress: receives the number of bytes read from the archive.
  init(
    _ reader: ArchiveReader, into folder: String, limits: Limits, isWanted: @escaping () -> Bool,
    onProgress: @escaping (_ position: Int64) -> Void
  ) {
    self.reader = reader
    self.folder = folder
    self.limits = limits
    self.isWanted = isWanted
    self.onProgress = onProgress
  }

  mutating func unpack() throws(DownloadError) {
    guard mkdir(folder, 0o777) == 0 else { throw .disk(path: folder, number: errno) }
    while let entry = try reader.next() {
      try admit(entry)
      guard let name = EntryName(entry.name) else {
        throw .archive(.unsafeName(name: printable(name: entry.name)))
      }
      directories.formUnion(name.parts.indices.map { name.parts[..<$0].joined(separator: "/") })
      switch entry.kind {
      case CARCHIVE_DIRECTORY: _ = try directory(name.parts[...])
      case CARCHIVE_FILE where !name.parts.isEmpty: try write(entry, name)
      default: throw .archive(.notAFile(name: printable(name: entry.name)))
      }
    }
    for name in directories { try syncDirectory("\(folder)/\(name)") }
  }

  /// Checks an entry against the limits; its size is known before any of it is written.
  private mutating func admit(_ entry: ArchiveReader.Entry) throws(DownloadError) {
    guard isWanted() else { throw .cancelled }
    entries += 1
    guard entries <= limits.entries else { throw .archive(.tooMany(limit: limits.entries)) }
    guard entry.kind == CARCHIVE_FILE else { return }
    let (sum, overflow) = bytes.addingReportingOverflow(max(0, entry.size))
    guard !overflow, sum <= limits.bytes else { throw .archive(.tooLarge(limit: limits.bytes)) }
    bytes = sum
    if let free = freeBytes(at: folder), entry.size > free { throw .tooLittleSpace(needed: entry.size, free: free) }
  }

  private func write(_ entry: ArchiveReader.Entry, _ name: EntryName) throws(DownloadError) {
    let parent = try directory(name.parts.dropLast())
    let file = try make(name, in: parent, mode: entry.isExecutable ? 0o755 : 0o644)
    var synced: Int64 = 0
    while let (bytes, offset) = try reader.read() {
      guard isWanted() else { throw .cancelled }
      // libarchive doesn't return more than the header declares, but this code doesn't rely on it.
      guard offset >= 0, offset <= entry.size, Int64(bytes.count) <= entry.size - offset else {
        throw .archive(.broken(reason: "\(printable(name: entry.name)) is longer than declared"))
      }
      let failure = file.write(bytes, at: offset)
      guard failure == 0 else { throw .disk(path: file.path, number: failure) }
      onProgress(reader.position)
      // Start writing to disk now, to shorten the wait at the end.
      if offset - synced >= 32 << 20 {
        _ = cdisk_begin_writing(file.number, synced, offset - synced)
        synced = offset
      }
    }
    // The file ends with a hole.
    try file.check(ftruncate(file.number, off_t(entry.size)))
    try file.check(fsync(file.number))
  }

  private func make(_ name: EntryName, in parent: Descriptor, mode: mode_t) throws(DownloadError) -> Descriptor {
    do throws(DownloadError) {
      return try Descriptor(name.parts[name.parts.count - 1], in: parent, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
    } catch {
      if case .disk(_, EEXIST) = error { throw .archive(.twice(name: printable(name: name.text))) }
      throw error
    }
  }

  /// Opens a directory below the folder, and creates it and its missing parents.
  private func directory(_ parts: ArraySlice<String>) throws(DownloadError) -> Descriptor {
    var place = try Descriptor(folder, O_RDONLY | O_DIRECTORY)
    for part in parts {
      let isMade = mkdirat(place.number, part, 0o777) == 0
      guard isMade || errno == EEXIST else { throw .disk(path: "\(place.path)/\(part)", number: errno) }
      do throws(DownloadError) {
        place = try Descriptor(part, in: place, O_RDONLY | O_DIRECTORY)
      } catch {
        // The name belongs to a file.
        if case .disk(_, ENOTDIR) = error { throw .archive(.twice(name: printable(name: part))) }
        throw error
      }
    }
    return place
  }
}
