import Glibc
import TestSupport

/// What happens in one directory: the names of files and directories that are made there or written to, in order.
final class DirectoryWatch: Sendable {
  /// One name for each event; ends when the directory is gone.
  let names: AsyncStream<String>
  private let descriptor: Int32

  init(_ path: String) throws {
    let descriptor = inotify_init1(Int32(IN_CLOEXEC))
    guard descriptor >= 0 else { throw SystemFailure("inotify_init1") }
    guard inotify_add_watch(descriptor, path, UInt32(IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_DELETE_SELF)) >= 0 else {
      let code = errno
      close(descriptor)
      throw SystemFailure("inotify_add_watch", code)
    }
    self.descriptor = descriptor
    let (names, continuation) = AsyncStream.makeStream(of: String.self)
    self.names = names
    try onThread { Self.read(descriptor, into: continuation) }
  }

  /// Returns when `name` is there, was there already, or the directory is gone.
  static func waits(for name: String, in path: String) async throws {
    let watch = try DirectoryWatch(path)
    if access("\(path)/\(name)", F_OK) == 0 { return }
    for await found in watch.names where found == name { return }
  }

  private static func read(_ descriptor: Int32, into continuation: AsyncStream<String>.Continuation) {
    defer { close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 8)
    defer { buffer.deallocate() }
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      guard count > 0 else { return continuation.finish() }
      var place = 0
      while place < count {
        let event = UnsafeRawBufferPointer(rebasing: buffer[place...]).loadUnaligned(as: inotify_event.self)
        let name = buffer[(place + 16)..<(place + 16 + Int(event.len))].prefix { $0 != 0 }
        place += 16 + Int(event.len)
        if event.mask & UInt32(IN_IGNORED) != 0 { return continuation.finish() }
        if case .terminated = continuation.yield(String(decoding: name, as: UTF8.self)) { return }
      }
    }
  }
}
