internal import CArchive
internal import Glibc

/// Reads an archive's file from beginning to end, entry by entry, and computes its checksum on the way, so that each byte is
/// read once. Used by one thread.
final class ArchiveReader {
  struct Entry {
    let name: String
    let kind: carchive_kind
    let size: Int64
    let isExecutable: Bool
  }

  private static let bufferSize = 1 << 20

  private let file: Descriptor
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 4_096)
  private var digest: RunningDigest
  private var archive: OpaquePointer?
  private var failure: Int32 = 0
  /// The number of bytes read from the file.
  private(set) var position: Int64 = 0

  /// Loads libarchive unless it is loaded. Called before a download, so that it doesn't fail after it.
  ///
  /// - Throws: ``ArchiveError/noLibrary(reason:)``.
  static func load() throws(DownloadError) {
    if let reason = carchive_load() { throw .archive(.noLibrary(reason: String(cString: reason))) }
  }

  /// - Throws: ``ArchiveError/noLibrary(reason:)``.
  init(_ file: Descriptor, _ digest: ExpectedDigest?) throws(DownloadError) {
    self.file = file
    self.digest = RunningDigest(digest)
    try Self.load()
    archive = carchive_open(takeBlock, Unmanaged.passUnretained(self).toOpaque())
    if archive == nil { throw .disk(path: file.path, number: ENOMEM) }
  }

  deinit {
    if let archive { carchive_close(archive) }
    buffer.deallocate()
  }

  /// Nil after the last entry.
  func next() throws(DownloadError) -> Entry? {
    var entry = carchive_entry()
    guard try isMore(carchive_next(archive, &entry)) else { return nil }
    // Bytes that aren't text become U+FFFD, which no name may contain.
    let name = entry.name.map { String(cString: $0) } ?? "\u{FFFD}"
    return Entry(name: name, kind: entry.kind, size: entry.size, isExecutable: entry.is_executable)
  }

  /// The next bytes of the entry and their offset in it; nil after the last. They are valid until the next call.
  func read() throws(DownloadError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
    var bytes: UnsafeRawPointer?
    var (count, offset) = (0, Int64(0))
    guard try isMore(carchive_read(archive, &bytes, &count, &offset)) else { return nil }
    return (UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count), offset)
  }

  /// Reads the rest of the file.
  ///
  /// - Returns: true if its checksum is the expected one.
  func isAsExpected() throws(DownloadError) -> Bool {
    while try !readOn().isEmpty {}
    return digest.isAsExpected
  }

  fileprivate func block() -> UnsafeRawBufferPointer? {
    do throws(DownloadError) {
      return try readOn()
    } catch {
      if case .disk(_, let number) = error { failure = number }
      return nil
    }
  }

  private func readOn() throws(DownloadError) -> UnsafeRawBufferPointer {
    var count: Int
    repeat {
      count = pread(file.number, buffer.baseAddress, buffer.count, off_t(position))
    } while count < 0
      && errno == EINTR
    guard count >= 0 else { throw .disk(path: file.path, number: errno) }
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    digest.update(bytes)
    position += Int64(count)
    return bytes
  }

  private func isMore(_ step: carchive_step) throws(DownloadError) -> Bool {
    switch step {
    case CARCHIVE_MORE: return true
    case CARCHIVE_END: return false
    default: break
    }
    if failure != 0 { throw .disk(path: file.path, number: failure) }
    if step == CARCHIVE_FOREIGN { throw .archive(.notATar) }
    throw .archive(.broken(reason: printable(name: String(cString: carchive_error(archive)))))
  }
}

/// `carchive_source`.
private func takeBlock(_ context: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
  guard let context, let bytes else { return -1 }
  let reader = Unmanaged<ArchiveReader>.fromOpaque(context).takeUnretainedValue()
  guard let block = reader.block() else { return -1 }
  bytes.pointee = block.baseAddress
  return block.count
}
