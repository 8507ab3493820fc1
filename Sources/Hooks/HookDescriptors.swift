import CProcess
import Glibc

/// The descriptors of one running hook. All are close-on-exec: only the three that are put on 0, 1 and 2 reach a child.
struct HookDescriptors: Sendable {
  /// A file in memory with the whole event: a hook that ends without reading it leaves no pipe on which SIGPIPE could end us.
  let stdin: Int32
  let stdout: (read: Int32, write: Int32)
  let stderr: (read: Int32, write: Int32)
  /// On this pipe, which never reaches a child, the watching thread is told to stop the hook.
  let wake: (read: Int32, write: Int32)

  /// - Parameter owner: who may open the streams again by name, as `echo >/dev/stderr` does; nil: we.
  /// - Throws: `.system`, when there are too many open files or too little memory; nothing stays open then.
  init(stdin bytes: [UInt8], owner: uid_t? = nil) throws(HookStartFailure) {
    var opened: [Int32] = []
    do throws(HookStartFailure) {
      let file = try Self.memoryFile(bytes, &opened)
      self.init(
        stdin: file, stdout: try Self.stream(&opened), stderr: try Self.stream(&opened), wake: try Self.pipe(&opened))
      if let owner { for end in [stdout.write, stderr.write] { fchown(end, owner, gid_t.max) } }
    } catch {
      for descriptor in opened { close(descriptor) }
      throw error
    }
  }

  private init(
    stdin: Int32, stdout: (read: Int32, write: Int32), stderr: (read: Int32, write: Int32),
    wake: (read: Int32, write: Int32)
  ) {
    (self.stdin, self.stdout, self.stderr, self.wake) = (stdin, stdout, stderr, wake)
  }

  /// What the child has now, or never will: our copies would keep its pipes from ending.
  func closeChildsEnds() {
    for descriptor in [stdin, stdout.write, stderr.write] { close(descriptor) }
  }

  /// The rest.
  func closeOurEnds() {
    for descriptor in [stdout.read, stderr.read, wake.read, wake.write] { close(descriptor) }
  }

  private static func memoryFile(_ bytes: [UInt8], _ opened: inout [Int32]) throws(HookStartFailure) -> Int32 {
    let file = cprocess_memory_file("vi-notify-hook")
    guard file >= 0 else { throw .system(errno: errno) }
    opened.append(file)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { write(file, $0.baseAddress?.advanced(by: written), $0.count - written) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .system(errno: errno) }
      written += count
    }
    lseek(file, 0, SEEK_SET)
    return file
  }

  /// A pipe whose writing end is a reader as well: a hook that we leave behind, because we are killed, can still say what it
  /// puts in order at TERM. With a plain end it would die of SIGPIPE at its first word, as a shell does when it tells of a
  /// child that was terminated.
  private static func stream(_ opened: inout [Int32]) throws(HookStartFailure) -> (read: Int32, write: Int32) {
    let ends = try pipe(&opened)
    let both = open("/proc/self/fd/\(ends.write)", O_RDWR | O_CLOEXEC)
    // Without /proc it stays a plain one.
    guard both >= 0 else { return ends }
    close(ends.write)
    opened.removeAll { $0 == ends.write }
    opened.append(both)
    return (ends.read, both)
  }

  /// Only our end does not block: the two ends of a pipe have flags of their own.
  private static func pipe(_ opened: inout [Int32]) throws(HookStartFailure) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard cprocess_pipe(&ends) == 0 else { throw .system(errno: errno) }
    opened += ends
    guard fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 else { throw .system(errno: errno) }
    return (ends[0], ends[1])
  }
}

/// Why a hook is stopped, as it is written to ``HookDescriptors/wake``; the first to arrive counts.
enum HookStop: UInt8, Sendable {
  case timedOut = 1
  case interrupted = 2

  func send(to wake: Int32) {
    var value = rawValue
    write(wake, &value, 1)
  }

  /// Nil: nothing was sent.
  static func receive(from wake: Int32) -> HookStop? {
    var value: UInt8 = 0
    return read(wake, &value, 1) == 1 ? HookStop(rawValue: value) : nil
  }
}
