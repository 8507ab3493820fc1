import Glibc

/// Checks that a file can be read: libcurl would fail in the middle of a handshake and not name the file.
///
/// - Throws: ``TransportError/unreadableFile(path:reason:)``.
func checkReadable(_ path: String) throws(TransportError) {
  // Non-blocking, because opening a named pipe waits for its other end.
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw .unreadableFile(path: path, reason: String(cString: strerror(errno))) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
    throw .unreadableFile(path: path, reason: "not a file")
  }
}
