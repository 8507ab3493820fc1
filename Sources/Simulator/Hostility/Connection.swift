import Glibc

/// A connection of ``HostileServer``, used by one thread, which it may block.
struct Connection: Sendable {
  private static let partSize = 262_144
  /// `POLLRDHUP`, which Glibc's header hides: the client has closed its side.
  private static let hangUp: Int16 = 0x2000

  let descriptor: Int32

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  /// The next bytes; nil at the end.
  func read() -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
      repeat { count = recv(descriptor, buffer.baseAddress, buffer.count, 0) } while count < 0 && errno == EINTR
      count = max(0, count)
    }
    return bytes.isEmpty ? nil : bytes
  }

  /// - Returns: whether the head was sent, and whether everything after it was. Both are false if the client had gone before.
  func send(_ answer: WireAnswer) -> (head: Bool, rest: Bool) {
    guard pause(answer.delay), send(.bytes(answer.head)) else { return (false, false) }
    for step in answer.rest {
      switch step {
      case .pause(let milliseconds): guard pause(milliseconds) else { return (true, false) }
      case .send(let part): guard send(part) else { return (true, false) }
      }
    }
    return (true, true)
  }

  /// Makes the next close a reset.
  func resetWhenClosed() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  func end() {
    close(descriptor)
  }

  /// - Returns: false if the client has gone.
  private func pause(_ milliseconds: Int64) -> Bool {
    var event = pollfd(fd: descriptor, events: Self.hangUp, revents: 0)
    return poll(&event, 1, Int32(clamping: milliseconds)) == 0
  }

  private func send(_ body: Answer.Body) -> Bool {
    var position = 0
    while position < body.count {
      let part = body.bytes(in: position..<min(position + Self.partSize, body.count))
      guard send(part) else { return false }
      position += part.count
    }
    return true
  }

  private func send(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest)
        let count = Glibc.send(descriptor, part.baseAddress, part.count, Int32(MSG_NOSIGNAL))
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }
}

/// - Returns: a listening socket and its port.
func listeningSocket(_ host: String, _ port: UInt16) throws(ListenError) -> (Int32, UInt16) {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  guard inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &address.sin_addr) == 1 else {
    throw .notAnAddress(host: host)
  }
  let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  var (one, size) = (Int32(1), socklen_t(MemoryLayout<sockaddr_in>.size))
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
  let isListening = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
      bind(listener, address, size) == 0 && listen(listener, 128) == 0 && getsockname(listener, address, &size) == 0
    }
  }
  guard listener >= 0, isListening else {
    let code = errno
    close(listener)
    throw code == EADDRINUSE ? .addressInUse(host: host, port: port) : .refused(String(cString: strerror(code)))
  }
  return (listener, UInt16(bigEndian: address.sin_port))
}
