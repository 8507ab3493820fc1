import Glibc

/// One output stream of a hook: reads what is there, keeps both ends of it, hands on its lines.
struct HookTap {
  /// Bytes read at once: what a pipe holds unless somebody enlarged it.
  private static let chunk = 64 * 1024

  /// Negative after the end of the stream: `poll` passes over it.
  private(set) var descriptor: Int32
  private(set) var output = HookOutput()
  private var lines = HookLines()
  private let emit: @Sendable (String) -> Void

  /// - Parameter descriptor: must not block; it is not closed here.
  init(descriptor: Int32, emit: @escaping @Sendable (String) -> Void) {
    self.descriptor = descriptor
    self.emit = emit
  }

  /// Reads once, if there is anything.
  mutating func read() { _ = read(atMost: Self.chunk) }

  /// Reads what is in the pipe at this moment and not a byte more, for a process that left the group may hold the other end
  /// and write for ever; then ends the last line.
  mutating func finish() {
    var waiting: Int32 = 0
    if descriptor >= 0, ioctl(descriptor, UInt(FIONREAD), &waiting) == 0 {
      while waiting > 0 {
        let count = read(atMost: min(Int(waiting), Self.chunk))
        if count == 0 { break }
        waiting -= Int32(count)
      }
    }
    lines.finish(emit: emit)
  }

  private mutating func read(atMost limit: Int) -> Int {
    var result = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { [descriptor] buffer, count in
      result = Glibc.read(descriptor, buffer.baseAddress, limit)
      count = max(0, result)
    }
    if result == 0 || (result < 0 && errno != EAGAIN && errno != EINTR) { descriptor = -1 }
    output.append(bytes[...])
    lines.append(bytes[...], emit: emit)
    return bytes.count
  }
}
