internal import Glibc

/// A file system of its own in memory, of 1 MB, below a directory; gone when the test is.
package final class SmallDisk: Sendable {
  package struct Failure: Error {}

  /// Whether this process may make one: it takes rights that most have not.
  package static let isAllowed: Bool = {
    guard let scratch = try? ScratchDirectory() else { return false }
    return (try? SmallDisk(at: scratch.path)) != nil
  }()

  private let path: String

  package init(at path: String) throws {
    guard mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0 else { throw Failure() }
    self.path = path
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  /// No file on it may be open for writing. A process that another test is just starting has copies of our files until it
  /// executes: a moment's patience.
  package func makeReadOnly() throws {
    for _ in 0..<200 {
      if mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), "size=1m") == 0 { return }
      guard errno == EBUSY else { break }
      poll(nil, 0, 10)
    }
    throw Failure()
  }

  /// Takes all the room there is.
  package func fill() throws {
    let file = open(path + "/ballast", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Failure() }
    defer { close(file) }
    let page = [UInt8](repeating: 0, count: 4_096)
    while write(file, page, page.count) > 0 {}
  }

  package func free() { unlink(path + "/ballast") }
}
