internal import Locking

/// Caches checksums of archives by tag: computing one of a large archive takes as long as sending it.
final class ChecksumMemory: Sendable {
  private let known = Locked<[UInt64: UInt32]>([:])

  func crc32c(of archive: Archive) -> UInt32 {
    if let value = known.withLock({ $0[archive.tag] }) { return value }
    let value = archive.crc32c
    known.withLock { $0[archive.tag] = value }
    return value
  }
}
