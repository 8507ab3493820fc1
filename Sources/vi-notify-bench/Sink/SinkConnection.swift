import Glibc

/// One connection to the sink: where in its request it is, and its bytes that have not been used yet.
final class SinkConnection {
  /// What the bytes that have come amount to.
  enum Step {
    case needsMore
    /// A whole request. `asksCount`: it was `GET /count`.
    case request(asksCount: Bool)
    /// No HTTP/1.1, a head beyond the buffer, or a body without `Content-Length`.
    case broken
  }

  private static let capacity = 16 * 1024

  private let descriptor: Int32
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
  private var filled = 0
  /// What is still to come of a body, of a request that has been read already.
  private var bodyLeft = 0
  private var asksCount = false
  private var isInBody = false

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
    buffer.deallocate()
  }

  /// Reads what is there.
  ///
  /// - Returns: false when the other side is gone.
  func receive() -> Bool {
    let count = recv(descriptor, buffer.baseAddress.map { $0 + filled }, Self.capacity - filled, Int32(MSG_DONTWAIT))
    if count > 0 { filled += count }
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
  }

  /// - Returns: false for whoever doesn't read answers of a few bytes.
  func send(_ bytes: [UInt8]) -> Bool {
    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    return bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) } == bytes.count
  }

  /// Uses up one request, or as much of it as has come.
  func step() -> Step {
    if !isInBody {
      guard let end = endOfHead() else { return filled == Self.capacity ? .broken : .needsMore }
      guard let length = bodyLength(headEnd: end) else { return .broken }
      bodyLeft = length
      asksCount = hasPrefix("GET /count ", at: 0)
      isInBody = true
      drop(end)
    }
    let used = min(bodyLeft, filled)
    bodyLeft -= used
    drop(used)
    guard bodyLeft == 0 else { return .needsMore }
    isInBody = false
    return .request(asksCount: asksCount)
  }

  private func drop(_ count: Int) {
    filled -= count
    guard filled > 0, count > 0, let base = buffer.baseAddress else { return }
    memmove(base, base + count, filled)
  }

  private func endOfHead() -> Int? {
    var position = 3
    while position < filled {
      if buffer[position] == 10, buffer[position - 1] == 13, buffer[position - 2] == 10, buffer[position - 3] == 13 {
        return position + 1
      }
      position += 1
    }
    return nil
  }

  /// 0 when the head names no length, nil when the body's end can't be told.
  private func bodyLength(headEnd: Int) -> Int? {
    var length = 0
    var position = 0
    while position < headEnd {
      if hasPrefix("content-length:", at: position) {
        length = number(at: position + 15)
      } else if hasPrefix("transfer-encoding:", at: position) {
        return nil
      }
      while position < headEnd, buffer[position] != 10 { position += 1 }
      position += 1
    }
    return length
  }

  private func hasPrefix(_ text: StaticString, at position: Int) -> Bool {
    guard position + text.utf8CodeUnitCount <= filled else { return false }
    for offset in 0..<text.utf8CodeUnitCount {
      let wanted = text.utf8Start[offset]
      let byte = buffer[position + offset]
      let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") && wanted >= UInt8(ascii: "a")
      if (isUpper ? byte | 0x20 : byte) != wanted { return false }
    }
    return true
  }

  private func number(at start: Int) -> Int {
    var value = 0
    var position = start
    while position < filled, buffer[position] == 0x20 { position += 1 }
    while position < filled, case 0x30...0x39 = buffer[position], value < 1 << 40 {
      value = value * 10 + Int(buffer[position] & 0x0F)
      position += 1
    }
    return value
  }
}
