import Glibc

/// One output stream of a hook: reads what is there, keeps both ends of it, hands on its lines.
struct HookTap {
  /// Bytes read at once: what a pipe holds unless somebody enlarged it.
  private static let chunk = 64 * 1024

  let stream: HookStream
  /// Negative after the end of the stream: `poll` passes over it.
  private(set) var descriptor: Int32
  private(set) var output = HookOutput()
  private var lines: HookLines

  /// - Parameters:
  ///   - descriptor: must not block; it is not closed here.
  ///   - log: where its lines go.
  init(_ stream: HookStream, descriptor: Int32, _ log: HookLog) {
    lines = HookLines(secretPlaces: log.secretPlaces)
    self.stream = stream
    self.descriptor = descriptor
  }

  /// Reads once, if there is anything.
  mutating func read(_ log: inout HookLog) { _ = read(atMost: Self.chunk, &log) }

  /// Reads what is in the pipe at this moment and not a byte more, for a process that left the group may hold the other end
  /// and write for ever; then ends the last line.
  mutating func finish(_ log: inout HookLog) {
    var waiting: Int32 = 0
    if descriptor >= 0, ioctl(descriptor, UInt(FIONREAD), &waiting) == 0 {
      while waiting > 0 {
        let count = read(atMost: min(Int(waiting), Self.chunk), &log)
        if count == 0 { break }
        waiting -= Int32(count)
      }
    }
    lines.finish { log.say($0, on: stream) }
  }

  private mutating func read(atMost limit: Int, _ log: inout HookLog) -> Int {
    var result = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { [descriptor] buffer, count in
      result = Glibc.read(descriptor, buffer.baseAddress, limit)
      count = max(0, result)
    }
    if result == 0 || (result < 0 && errno != EAGAIN && errno != EINTR) { descriptor = -1 }
    output.append(bytes[...])
    // Cutting what nobody will hear into lines would take longer than reading it.
    if !log.isFull(stream) { lines.append(bytes[...]) { log.say($0, on: stream) } }
    return bytes.count
  }
}
